import DaemonCore
import TokenCore

/// Whether every profile has a header again in time, and every outlet what it should have.
struct RecoveryChecker {
  /// How long an outlet may be other than it should be while its folder is well: the longest wait between two tries,
  /// and a little.
  private static let outletBound = Duration.seconds(36)

  private(set) var slowest = Duration.zero
  /// Until when readers of a profile's sockets get a header.
  private var servedUntil: [String: BootTime] = [:]
  private var badSince: [String: BootTime] = [:]
  private var secretRightSince: [String: BootTime] = [:]

  mutating func processBegan() {
    servedUntil = [:]
    badSince = [:]
  }

  mutating func posted(_ profile: String, until: BootTime) { servedUntil[profile] = until }

  mutating func secretMayHaveChanged(_ profile: String, _ now: BootTime) {
    secretRightSince[profile] = now
  }

  mutating func written(_ path: String) { badSince[path] = nil }

  /// Looks at a profile before something about it changes, and from time to time.
  mutating func look(at profile: ProfileConfiguration, _ begunAt: BootTime, _ world: World) -> Violation? {
    let name = profile.name
    let until = servedUntil[name] ?? begunAt
    if until > world.now { return lookAtOutlets(of: profile, begunAt, world) }
    guard let wellSince = wellSince(name, begunAt, world) else { return nil }
    let since = max(until, wellSince)
    let rested = world.checker.pacing.throttledUntil(name).map { max($0, since) } ?? since
    slowest = max(slowest, world.now - rested)
    let bound = bound(profile, world)
    guard world.now > rested + bound else { return nil }
    return Violation(
      .recovery,
      "\(name) has had no header for \((world.now - since).inSeconds) s though all it needs is well; the bound is"
        + " \(bound.inSeconds) s")
  }

  /// After everything is well: the longest wait that the policy has, an exchange on its way, and one that brings it.
  func bound(_ profile: ProfileConfiguration, _ world: World) -> Duration {
    let policy = profile.refresh
    // Other credentials than those that were refused are tried at once.
    let secret = world.disk.files[Settings.secretPath(Settings.index(of: profile.name))]?.content
    let isRefused = world.checker.pacing.isRefused(profile.name, secret)
    return (isRefused ? max(policy.retryMax, policy.rejectedRetry) : policy.retryMax) * 1.1
      + (world.plan.profiles > 16 ? .seconds(180) : .seconds(70))
  }

  /// Since when everything that the profile needs is as it should be.
  private func wellSince(_ name: String, _ begunAt: BootTime, _ world: World) -> BootTime? {
    let index = Settings.index(of: name)
    let service = world.services[index % World.services]
    let secret = world.disk.files[Settings.secretPath(index)]?.content
    guard let answers = service.wellSince, secret == service.secrets[name],
      let folder = world.disk.folders[Settings.secretFolder(index)]?.wellSince
    else { return nil }
    let checker = world.checker
    return [answers, folder, begunAt, checker.resumedAt, checker.loadedAt, secretRightSince[name] ?? begunAt]
      .max()
  }

  private mutating func lookAtOutlets(
    of profile: ProfileConfiguration, _ begunAt: BootTime, _ world: World
  ) -> Violation? {
    guard let process = world.process, let posting = process.posted[profile.name],
      posting.deadline - world.now > .seconds(2), let header = posting.header.text
    else { return nil }
    for file in profile.files {
      let value =
        file.format == .token ? String(header.dropFirst(profile.exchange.headerPrefix.count)) : header
      let isRight = world.disk.files[file.path] == Disk.File(content: value)
      if let broken = look(at: file.path, isRight: isRight, begunAt, world) { return broken }
    }
    let bound = world.disk.sockets[profile.socket.path]
    let isServed = process.served.contains { socket, role in
      if case .tokens(profile.name, _) = role { world.sockets[socket] == bound?.kernel } else { false }
    }
    let ownership = Ownership(mode: profile.socket.mode, group: nil)
    return look(
      at: profile.socket.path, isRight: isServed && bound?.ownership == ownership, begunAt, world)
  }

  private mutating func look(
    at path: String, isRight: Bool, _ begunAt: BootTime, _ world: World
  ) -> Violation? {
    guard !isRight, let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince else {
      badSince[path] = nil
      return nil
    }
    let since = badSince[path] ?? world.now
    if badSince[path] == nil { world.events.add(world.now + Self.outletBound + .seconds(1), .look) }
    badSince[path] = since
    let began = max(since, wellSince, begunAt, world.checker.loadedAt, world.checker.resumedAt)
    guard world.now - began > Self.outletBound else { return nil }
    return Violation(
      .outlets, "\(path) isn't as it should be for \((world.now - began).inSeconds) s")
  }
}
