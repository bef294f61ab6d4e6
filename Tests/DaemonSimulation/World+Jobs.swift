import DaemonCore
import TokenCore

/// The performers of jobs, and the descriptor store.
extension World {
  // MARK: The store

  func keep(_ name: StoreName, _ content: StoreContent) {
    guard let number = process?.number else { return }
    if name.text.utf8.count > 6 { checker.report(.growth, "the store's name \(name.text) is too long") }
    if storeHangs { return pendingStores.append((number, name, content)) }
    add(name, content)
    later(random.seconds(0.000_1, 0.005), .stored(name, failure: nil))
  }

  func add(_ name: StoreName, _ content: StoreContent) {
    switch content {
    case .record(let record): store.append((name, .record(record)))
    case .starts(let starts): store.append((name, .starts(starts)))
    case .socket(let socket):
      guard let kernel = sockets[socket], let place = places[kernel] else { return }
      store.append((name, .socket(kernel: kernel, place: place)))
    }
    if store.count > 2 * plan.profiles + 8 + 2 * plan.profiles {
      checker.report(.growth, "the store grows: \(store.count) entries")
    }
  }

  // MARK: Jobs

  func finish(_ pending: PendingJob) {
    guard process?.number == pending.process else { return }
    let place = place(of: pending.job)
    if hangs(place) {
      process?.hanging[place, default: []].append(pending)
      return
    }
    process?.jobs[pending.id] = nil
    give(.jobEnded(pending.id, result(of: pending.job)))
  }

  private func place(of job: Job) -> String {
    switch job {
    case .readConfiguration(let path, _), .withdrawHeader(let path), .inspectSocket(_, let path, _),
      .unbindSocket(_, let path):
      Disk.folder(of: path)
    case .readCredentials(let reading): reading.folder ?? ""
    case .writeHeader(let writing): Disk.folder(of: writing.file.path)
    case .openSocket(let opening): Disk.folder(of: opening.path)
    case .listenMetrics: ""
    case .resolveNames: "names"
    case .askBus: "bus"
    }
  }

  private func hangs(_ place: String) -> Bool {
    switch place {
    case "bus": busHangs
    case "names": namesHang
    default: disk.state(of: place) == .hanging
    }
  }

  /// What hung there goes on.
  func release(_ place: String) {
    guard let jobs = process?.hanging.removeValue(forKey: place) else { return }
    for job in jobs { events.add(now + random.seconds(0.000_1, 0.02), .job(job)) }
  }

  private func result(of job: Job) -> JobResult {
    switch job {
    case .readConfiguration(_, let isLenient):
      guard configuration.isValid else { return .refused(["config.toml: profiles: must not be a number"]) }
      let read = Settings.configuration(
        configuration.variant, profiles: plan.profiles, lifetime: plan.lifetime, isLenient: isLenient)
      checker.configurationRead(read)
      return .configuration(read)
    case .readCredentials(let reading): return credentials(reading)
    case .writeHeader(let writing): return write(writing)
    case .withdrawHeader(let path): return withdraw(path)
    case .openSocket(let opening): return open(opening)
    case .inspectSocket(let socket, let path, let ownership): return inspect(socket, path, ownership)
    case .unbindSocket(let socket, let path): return unbind(socket, path)
    case .listenMetrics(let socket, let place, _):
      bindKernel(socket, place)
      return .changed
    case .resolveNames: return .names([:])
    case .askBus: return .managerJob(isBusTold ? managerJob : .unknown)
    }
  }

  private func credentials(_ reading: CredentialReading) -> JobResult {
    guard case .file(let path) = reading.clientSecret, case .inline(let clientID) = reading.clientID else {
      return .credentialsRefused(CredentialRefusal(reason: "there is no secret", isShortage: false))
    }
    guard let file = disk.files[path] else {
      return .credentialsRefused(
        CredentialRefusal(reason: "\(path) does not exist: create it", isShortage: false))
    }
    let credentials = Credentials(clientID: clientID, clientSecret: Secret(file.content))
    return .credentials(
      ReadCredentials(
        credentials: credentials,
        fingerprint: Checker.digest(reading.endpoint + "\n" + file.content)))
  }

  private func write(_ writing: HeaderWriting) -> JobResult {
    let path = writing.file.path
    let state = disk.state(of: Disk.folder(of: path))
    let isStale = writing.generation < process?.fences[writing.outlet] ?? 0 || now >= writing.deadline
    let header = writing.file.format == .token ? writing.header.token : writing.header.value
    let content = header.text ?? ""
    if isStale { return .stale }
    let wanted = Disk.File(content: content)
    if disk.files[path] == wanted { return .unchanged }
    if state == .full || state == .readOnly {
      return .failed(JobFailure(reason: "write \(path): No space left on device"))
    }
    disk.files[path] = wanted
    checker.written(path, content, self)
    notice(path)
    return .changed
  }

  private func withdraw(_ path: String) -> JobResult {
    guard disk.files[path] != nil else {
      checker.files.removed(path)
      return .unchanged
    }
    guard disk.state(of: Disk.folder(of: path)) != .readOnly else {
      return .failed(JobFailure(reason: "remove \(path): Read-only file system"))
    }
    checker.removing(path, self)
    disk.files[path] = nil
    notice(path)
    return .changed
  }

  /// The kernel tells whoever watches the file.
  func notice(_ path: String) {
    guard process?.watched.contains(path) ?? false else { return }
    later(random.seconds(0.000_1, 0.005), .changed(path: path))
  }

  // MARK: Sockets

  private func bindKernel(_ socket: SocketID, _ place: String) {
    guard sockets[socket] == nil else { return }
    kernelSockets += 1
    sockets[socket] = kernelSockets
    places[kernelSockets] = place
  }

  private func open(_ opening: SocketOpening) -> JobResult {
    let state = disk.state(of: Disk.folder(of: opening.path))
    if opening.isInherited {
      guard let kernel = sockets[opening.socket], disk.sockets[opening.path]?.kernel == kernel else {
        return .failed(JobFailure(reason: "\(opening.path) isn't this socket's any more"))
      }
      disk.sockets[opening.path]?.ownership = opening.ownership
      return .unchanged
    }
    if state == .full || state == .readOnly {
      return .failed(JobFailure(reason: "bind \(opening.path): Read-only file system"))
    }
    bindKernel(opening.socket, opening.path)
    disk.sockets[opening.path] = Disk.BoundSocket(
      kernel: sockets[opening.socket] ?? 0, ownership: opening.ownership)
    notice(opening.path)
    return .changed
  }

  private func inspect(_ socket: SocketID, _ path: String, _ ownership: Ownership) -> JobResult {
    guard let bound = disk.sockets[path], bound.kernel == sockets[socket] else { return .missing }
    if bound.ownership == ownership { return .unchanged }
    if disk.state(of: Disk.folder(of: path)) == .readOnly {
      return .failed(JobFailure(reason: "chmod \(path): Read-only file system"))
    }
    disk.sockets[path]?.ownership = ownership
    notice(path)
    return .changed
  }

  private func unbind(_ socket: SocketID, _ path: String) -> JobResult {
    guard let bound = disk.sockets[path], sockets[socket] == nil || bound.kernel == sockets[socket] else {
      return .unchanged
    }
    if disk.state(of: Disk.folder(of: path)) == .readOnly {
      return .failed(JobFailure(reason: "unlink \(path): Read-only file system"))
    }
    disk.sockets[path] = nil
    return .changed
  }
}
