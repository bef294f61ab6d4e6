import DaemonCore
import TokenCore

/// One simulated life: a host with folders, a clock, systemd and services, on which the real machine runs with simulated
/// performers. Everything that can go wrong does, as the plan says.
final class World {
  static let services = 2
  /// Runtime, header files, configuration; the others are those of the secrets.
  static let sharedFolders = 3

  struct PendingJob {
    let process: Int
    let id: JobID
    let job: Job
  }

  struct Exchange {
    let order: ExchangeOrder
    let sentAt: BootTime
  }

  enum Event {
    case wake(process: Int)
    case input(process: Int, Input)
    case job(PendingJob)
    case answer(process: Int, ExchangeNumber)
    case happening(Plan.Happening)
    case start
    case cleanUp(paths: Set<String>)
    case stopLimit(process: Int)
    case watchdog(process: Int)
    case look
    case end
  }

  let plan: Plan
  var random: SeededRandom
  var now = BootTime(nanoseconds: 1_000_000_000_000)
  var timeOfDay = 1_800_000_000.0
  var events = EventQueue<Event>()
  var disk = Disk()
  var services: [Service]
  var configuration: (variant: Int, isValid: Bool) = (0, true)
  var process: Process?
  var processCount = 0
  var store: [(name: StoreName, content: Stored)] = []
  var pendingStores: [(process: Int, name: StoreName, content: StoreContent)] = []
  var managerJob = ManagerJob.other
  var isBusTold = true
  var pauseAfterStop: Int?
  var storeHangs = false
  var busHangs = false
  var namesHang = false
  var loopHangs = false
  var droppedLines = 0
  var checker: Checker
  var tokenCount = 0
  var kernelSockets = 0
  var sockets: [SocketID: Int] = [:]
  var places: [Int: String] = [:]
  var demandCount: UInt64 = 0
  var isOver = false
  var statistics = LifeStatistics()
  /// The last inputs and effects, if somebody wants to read them.
  var trace: [String]?
  let key = Secret("a key of this life")

  enum Stored: Equatable {
    case record(ProfileRecord)
    case socket(kernel: Int, place: String)
    case starts([BootTime])
  }

  init(_ plan: Plan) {
    self.plan = plan
    random = SeededRandom(seed: plan.seed ^ 0x5A5A_5A5A)
    services = Array(repeating: Service(), count: Self.services)
    checker = Checker(plan)
    for index in 0..<plan.profiles {
      let secret = "s3cr3t-\(index)-1"
      services[index % Self.services].secrets[Settings.name(index)] = secret
      disk.files[Settings.secretPath(index)] = Disk.File(content: secret)
      disk.folders[Settings.secretFolder(index)] = Disk.Folder()
    }
    for folder in [Settings.runtime, Settings.files, Settings.folder] { disk.folders[folder] = Disk.Folder() }
    events.add(now, .start)
    for item in plan.items { events.add(now + item.at, .happening(item.happening)) }
    events.add(now + plan.length, .end)
  }

  /// Lives until the end, or until a rule is broken.
  func live() {
    while let (time, event) = events.removeFirst(), checker.violation == nil, !isOver {
      pass(to: time)
      handle(event)
      statistics.events += 1
      // What lasts is seen by and by; what must not be at a certain moment is looked at then.
      if statistics.events % 32 == 0 { checker.look(self) } else if case .look = event { checker.look(self) }
    }
    statistics.length = plan.length
  }

  private func pass(to time: BootTime) {
    guard time > now else { return }
    timeOfDay += (time - now).inSeconds
    now = time
  }

  private func handle(_ event: Event) {
    switch event {
    case .wake(let number):
      guard process?.number == number, let due = process?.machine.wakeAt, due <= now else { return }
      give(.woke)
    case .input(let number, let input):
      if process?.number == number { give(input) }
    case .job(let job): finish(job)
    case .answer(let number, let exchange): answer(number, exchange)
    case .happening(let happening): happen(happening)
    case .start: start()
    case .cleanUp(let paths): cleanUp(paths)
    case .stopLimit(let number):
      guard process?.number == number else { return }
      checker.report("the process still runs 20 s after SIGTERM")
    case .watchdog(let number): judge(number)
    case .look: break
    case .end: recover()
    }
  }

  // MARK: The machine

  func give(_ input: Input) {
    guard var current = process, !current.hasExited else { return }
    let effects = current.machine.process(
      input, at: ClockReading(now: now, timeOfDay: timeOfDay), random: &random)
    process = current
    note("-> \(input)")
    perform(effects)
    guard let wakeAt = process?.machine.wakeAt, let number = process?.number else { return }
    if process?.wakeAt != wakeAt || wakeAt <= now {
      process?.wakeAt = wakeAt
      // A timer is late as often as not.
      events.add(max(now, wakeAt) + random.seconds(0.000_1, 0.004), .wake(process: number))
    }
  }

  private func note(_ line: @autoclosure () -> String) {
    guard trace != nil else { return }
    let text = line()
    if text == "-> woke" { return }
    trace?.append("\((now - BootTime(nanoseconds: 1_000_000_000_000)).inSeconds) \(text.prefix(600))")
  }

  func later(_ delay: Duration, _ input: Input) {
    guard let number = process?.number else { return }
    events.add(now + delay, .input(process: number, input))
  }

  // MARK: What the machine wants

  private func perform(_ effects: [Effect]) {
    checker.begin(effects, self)
    for effect in effects {
      guard process != nil else { return }
      statistics.effects += 1
      note("   \(effect)")
      perform(effect)
      if checker.violation != nil { return }
    }
    checker.end(self)
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .perform(let id, let job):
      checker.jobBegan(id, job, self)
      process?.jobsRunning += 1
      let pending = PendingJob(process: process?.number ?? 0, id: id, job: job)
      events.add(now + random.seconds(0.000_1, 0.006), .job(pending))
    case .retire(let outlet, let below): process?.fences[outlet] = below
    case .watch(let path):
      if process?.watched.insert(path).inserted == false { checker.report("\(path) is watched twice") }
    case .unwatch(let path):
      if process?.watched.remove(path) == nil { checker.report("\(path) wasn't watched") }
    case .exchange(let number, let order): send(number, order)
    case .abandon(let number):
      // It is answered at once, and the other answer that may be on its way is nobody's.
      events.add(
        now + random.seconds(0.000_1, 0.01),
        .input(process: process?.number ?? 0, .exchangeEnded(number, .failure(.abandoned))))
      if let exchange = process?.exchanges.removeValue(forKey: number) {
        checker.requestEnded(number, exchange.order.profile, nil, self)
      }
    case .notify(let messages): notify(messages)
    case .store(let name, let content): keep(name, content)
    case .unstore(let name): store.removeAll { $0.name == name }
    case .log(let notice): checker.noted(notice, self)
    case .setLogLevel, .share: break
    case .post(let profile, let posting):
      checker.posted(profile, posting, self)
      process?.posted[profile] = posting
    case .serve(let socket, let role):
      if sockets[socket] == nil { checker.report("a socket is served that isn't open") }
      process?.served[socket] = role
    case .close(let socket):
      process?.served[socket] = nil
      sockets[socket] = nil
    case .control(let posting): checker.told(posting, self)
    case .metrics: break
    case .probe(let loops):
      for loop in loops where !(loopHangs && loop == .readers) {
        later(random.seconds(0.000_1, 0.01), .loopAnswered(loop))
      }
    case .confirm(let serial):
      for loop in Loop.serving where !(loopHangs && loop == .readers) {
        later(random.seconds(0.000_1, 0.01), .confirmed(loop, serial))
      }
    case .drain:
      process?.isDraining = true
      later(random.seconds(0.001, 0.3), .drained)
    case .exit(let status): exited(status)
    }
  }

  private func notify(_ messages: [ManagerMessage]) {
    for message in messages {
      switch message {
      case .ready:
        process?.isReady = true
        statistics.count("ready")
      case .watchdog: process?.lastSign = now
      case .status(let text): checker.shown(text)
      case .reloading, .stopping, .extendTimeout: break
      }
    }
  }

  // MARK: The store

  private func keep(_ name: StoreName, _ content: StoreContent) {
    guard let number = process?.number else { return }
    if name.text.utf8.count > 6 { checker.report("the store's name \(name.text) is too long") }
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
      checker.report("the store grows: \(store.count) entries")
    }
  }

  // MARK: Jobs

  private func finish(_ pending: PendingJob) {
    guard process?.number == pending.process else { return }
    let place = place(of: pending.job)
    if hangs(place) {
      process?.hanging[place, default: []].append(pending)
      return
    }
    process?.jobsRunning -= 1
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
    process?.fileOutlets.insert(path)
    checker.written(path, self)
    notice(path)
    return .changed
  }

  private func withdraw(_ path: String) -> JobResult {
    guard disk.files[path] != nil else { return .unchanged }
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
