import Glibc
import LinuxSystem
import Logging
import Systemd
import TokenConfig
import TokenCore

extension Daemon {
  /// What the daemon listens to; they must be blocked in every thread.
  static let signals = [SIGTERM, SIGINT, SIGHUP, SIGUSR1]

  func receive(signal: Int32) {
    guard stage != .ended else { return }
    switch signal {
    case SIGHUP: reload()
    case SIGUSR1: refreshAll()
    default: end(with: ExitStatus.ok)
    }
  }

  /// Files with credentials are picked up at once when they change. So is the configuration until the daemon is
  /// ready, since systemd reloads no unit that is still starting.
  func lookForChanges() {
    for profile in profiles.values { lookForChanges(of: profile) }
    guard case .starting = stage else { return }
    let stamp = FileStamp(path: configurationPath)
    if stamp != nil, stamp != configurationStamp { reload() }
  }

  private func lookForChanges(of profile: Profile) {
    let stamps = credentials.watchedPaths(profile.configuration).map(FileStamp.init(path:))
    guard stamps != profile.stamps else { return }
    profile.stamps = stamps
    // One that can't be used now may be half written; the next change will tell.
    guard let read = try? credentials.read(profile.configuration) else { return }
    guard fingerprint(of: read, profile.configuration) != profile.fingerprint else { return }
    log.log(.credentialsChanged(profile.name))
    handle(.credentialsChanged(.credentials), for: profile)
  }

  /// Takes the configuration file as it is now: all of it, or nothing.
  private func reload() {
    let isReady = stage == .ready
    if isReady { notifier.send(.reloading(monotonic: monotonicMicroseconds())) }
    configurationStamp = FileStamp(path: configurationPath)
    do {
      let new = try loader.load(path: configurationPath)
      let plan = ReloadPlan(from: configuration, to: new)
      try apply(new, plan)
      refusedReload = nil
      log.log(.reloadApplied(plan))
    } catch {
      let reasons = "\(error)".split(whereSeparator: \.isNewline).map(String.init)
      refusedReload = reasons.joined(separator: "; ")
      for reason in reasons { log.log(.reloadRefused(reason)) }
    }
    review()
    if isReady { notifier.send(.ready, .status(status(.current()))) }
  }

  /// First all that can fail, then all that can't.
  private func apply(_ new: Configuration, _ plan: ReloadPlan) throws(SystemError) {
    let control = try prepareControl(new.api)
    let opened: [ReaderSocket]
    do throws(SystemError) {
      opened = try SocketChange(from: sockets, to: new.profiles).perform()
    } catch {
      control?.undo()
      throw error
    }
    configuration = new
    applyControl(control)
    credentials = loader.credentialReader(for: new)
    log.logLevel = new.logLevel.level
    let kept = Set(new.profiles.flatMap(\.files).map(\.path))
    for name in plan.removed { remove(name, keptFiles: kept) }
    for profile in plan.added { profiles[profile.name] = Profile(profile, isReady: stage == .ready) }
    assignSockets(new.profiles, opened)
    for change in plan.changed { apply(change, keptFiles: kept) }
    for profile in plan.added { begin(profile) }
  }

  private func remove(_ name: String, keptFiles: Set<String>) {
    guard let profile = profiles.removeValue(forKey: name) else { return }
    handle(.stopped, for: profile)
    profile.files.removeAll { keptFiles.contains($0.configuration.path) }
    withdraw(profile)
    store.giveUp(name)
    controlService?.forget(name)
  }

  private func assignSockets(_ wanted: [ProfileConfiguration], _ opened: [ReaderSocket]) {
    for socket in opened {
      sockets[socket.listener.path] = socket
      store.keep(socket.listener)
      server.send(.add(socket))
    }
    let paths = Set(wanted.map(\.socket.path))
    for (path, socket) in sockets where !paths.contains(path) {
      if !socket.isActivated {
        socket.listener.removePath()
        store.giveUp(socketAt: path)
      }
      server.send(.remove(socket))
      sockets[path] = nil
    }
    for configuration in wanted {
      guard let profile = profiles[configuration.name] else { continue }
      sockets[configuration.socket.path]?.assignment = .init(
        profile: configuration.name, board: profile.board, settings: configuration.socket)
    }
    server.send(.posted)
  }

  private func apply(_ change: ReloadPlan.Change, keptFiles: Set<String>) {
    guard let profile = profiles[change.new.name] else { return }
    profile.configuration = change.new
    if change.files || change.header { replaceFiles(of: profile, keptFiles: keptFiles) }
    if change.policy { handle(.policyChanged(change.new.refresh), for: profile) }
    let isInNeed = profile.machine.lastFailure != nil || profile.machine.isRequesting
    if change.endpoint {
      handle(.credentialsChanged(.endpoint), for: profile)
    } else if change.credentials || (change.exchange && isInNeed) {
      handle(.credentialsChanged(.credentials), for: profile)
    }
  }

  private func replaceFiles(of profile: Profile, keptFiles: Set<String>) {
    let old = profile.files
    profile.files = profile.configuration.files.map { configuration in
      old.first { $0.configuration == configuration } ?? HeaderFile(configuration)
    }
    for var file in old where !keptFiles.contains(file.configuration.path) {
      tell(file.withdraw(now: .now(), random: &random), of: file, in: profile)
    }
    publish(profile)
    updateFiles(of: profile) { file, now, random in file.update(now: now, random: &random) }
    // The store knows which files to remove if this process can't.
    profile.stored = nil
    keep(profile)
  }
}
