import DaemonCore
import TokenCore

/// Sees what readers, callers, services and systemd see of a simulated daemon, and knows what it may do, by rules that
/// are written apart from the machine's: it knows inputs and effects, and nothing of how the machine comes to them.
struct Checker {
  private(set) var violation: String?
  let plan: Plan
  private(set) var issuedTokens: [String: Issued] = [:]
  /// Header files that were written and not removed, as `.published` has them.
  private(set) var published: Set<String> = []
  var loopHangsSince: BootTime?
  var recoveryBegan: BootTime?
  private(set) var slowestRecovery = Duration.zero

  private var moment = BootTime(nanoseconds: 0)
  private var lastRead: Configuration?
  /// The configuration that is in force in the running process; `nil`: none yet.
  private(set) var loaded: Configuration?
  private var loadedAt = BootTime(nanoseconds: 0)
  private var begunAt: BootTime?
  private var resumedAt = BootTime(nanoseconds: 0)
  private var removed: Set<String> = []
  private var secretRightSince: [String: BootTime] = [:]
  private var unservedSince: [String: BootTime] = [:]
  private var badSince: [String: BootTime] = [:]
  private var touchedAt: [String: BootTime] = [:]
  private var waiting: [DemandID: (limit: BootTime, profile: String)] = [:]
  private var gone: Set<DemandID> = []
  private var pacing = PacingChecker()
  private var jobs: [JobID: String] = [:]
  private var isExiting = false
  /// Headers that were judged already.
  private var judged: [String: Secret] = [:]

  init(_ plan: Plan) {
    self.plan = plan
  }

  mutating func report(_ text: String) {
    if violation == nil { violation = text }
  }

  /// FNV-1a, 64 bits: what a fingerprint may be here, without holding what it is of.
  static func digest(_ text: String) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return withUnsafeBytes(of: hash) { Array($0) }
  }

  // MARK: The process

  mutating func processBegan(_ world: World) {
    begunAt = nil
    loaded = nil
    isExiting = false
    waiting = [:]
    gone = []
    jobs = [:]
    pacing.processBegan()
  }

  mutating func processEnded(_ world: World) {
    pacing.processEnded(isStoreLost: world.storeHangs || world.store.isEmpty, world.now)
    begunAt = nil
    unservedSince = [:]
    badSince = [:]
  }

  mutating func exited(_ status: ExitStatus, _ process: Process, _ world: World) {
    if !process.isStopping, status == .ok { report("the process ended by itself") }
    if !process.isStopping, process.isReady { report("the process gave up after it was ready (\(status))") }
    guard process.isStopping, world.managerJob != .restart || !world.isBusTold, !world.busHangs else {
      return
    }
    if world.managerJob == .restart { return }
    for path in world.disk.files.keys where !path.hasPrefix(Settings.folder) {
      let folder = Disk.folder(of: path)
      if world.disk.folders[folder]?.wellSince.map({ world.now - $0 > .seconds(1) }) ?? false,
        published.contains(path)
      {
        report("\(path) is left behind by a stop")
      }
    }
  }

  /// Before a batch of effects is done.
  mutating func begin(_ effects: [Effect], _ world: World) {
    moment = world.now
    removed = []
    for effect in effects {
      switch effect {
      case .control(.removed(let name)): removed.insert(name)
      case .log(.started):
        loaded = lastRead
        loadedAt = world.now
        begunAt = world.now
      // The first thing that a new configuration does.
      case .setLogLevel:
        noteChanges(world)
        judged = [:]
        loaded = lastRead
        loadedAt = world.now
      case .exit: isExiting = true
      default: break
      }
    }
  }

  private mutating func noteChanges(_ world: World) {
    guard let loaded, let lastRead else { return }
    let before = Dictionary(uniqueKeysWithValues: loaded.profiles.map { ($0.name, $0) })
    for profile in lastRead.profiles where before[profile.name] != profile {
      let isElsewhere = before[profile.name]?.exchange.authenticatePath != profile.exchange.authenticatePath
      pacing.changed(profile.name, endpoint: isElsewhere || before[profile.name] == nil, world.now)
    }
    for name in removed { pacing.forget(name) }
  }

  mutating func end(_ world: World) {
    if world.process?.exchanges.count ?? 0 > 64 { report("more than 64 exchanges are in flight") }
  }

  mutating func configurationRead(_ configuration: Configuration) { lastRead = configuration }

  // MARK: Sockets and HTTP

  mutating func issued(_ token: String, _ issued: Issued) { issuedTokens[token] = issued }

  mutating func posted(_ profile: String, _ posting: Posting?, _ world: World) {
    let before = world.process?.posted[profile]
    unservedSince[profile] = nil
    guard let posting else {
      if let before, before.deadline > world.now, !removed.contains(profile), !isExiting,
        world.process?.isStopping == false
      {
        report("the good token of \(profile) was dropped")
      }
      return
    }
    judge(posting.header, posting.deadline, profile, "the socket of \(profile)", world)
    if posting.deadline <= world.now { report("a token of \(profile) was posted that has ended") }
  }

  private mutating func judge(
    _ header: Secret, _ deadline: BootTime, _ profile: String, _ place: String, _ world: World
  ) {
    guard let text = header.text, let prefix = prefix(of: profile) else {
      return report("\(place): there is no profile \(profile)")
    }
    guard text.hasPrefix(prefix), let token = issuedTokens[String(text.dropFirst(prefix.count))] else {
      return report("\(place): nobody issued such a token, or the prefix is another")
    }
    if token.profile != profile { report("\(place): a token of \(token.profile)") }
    if deadline > token.endsAt {
      report("\(place): served \((deadline - token.endsAt).inSeconds) s beyond its end")
    }
  }

  private func prefix(of profile: String) -> String? {
    (loaded ?? lastRead)?.profiles.first { $0.name == profile }?.exchange.headerPrefix
  }

  mutating func told(_ posting: ControlPosting, _ world: World) {
    switch posting {
    case .changed(let state): judge(state, world)
    case .removed(let name):
      if waiting.values.contains(where: { $0.profile == name }) {
        report("demands of \(name) weren't answered when it went")
      }
    case .answered(let ids, let outcome, let state):
      if let state { judge(state, world) }
      for id in ids { answered(id, outcome, state, world) }
    }
  }

  private mutating func judge(_ state: ProfileState, _ world: World) {
    guard let token = state.token(at: world.now) else { return }
    guard judged[state.name].map({ $0 !== token.header }) ?? true else { return }
    judged[state.name] = token.header
    judge(token.header, token.deadline, state.name, "HTTP for \(state.name)", world)
  }

  private mutating func answered(
    _ id: DemandID, _ outcome: RefreshOutcome, _ state: ProfileState?, _ world: World
  ) {
    if gone.contains(id) { return report("a demand was answered after it had ended") }
    guard waiting.removeValue(forKey: id) != nil else { return report("a demand was answered twice") }
    if outcome == .refreshed, state?.token(at: world.now) == nil {
      report("a refresh is said to have brought a token, and there is none")
    }
  }

  mutating func demanded(_ demand: RefreshDemand, _ world: World) {
    waiting[demand.id] = (world.now + .seconds(70), demand.profile)
    refreshAsked(demand.profile, world)
  }

  mutating func refreshAsked(_ profile: String?, _ world: World) { pacing.asked(profile, world.now) }

  mutating func left(_ id: DemandID) {
    if waiting.removeValue(forKey: id) != nil { gone.insert(id) }
  }

  // MARK: Files

  mutating func written(_ path: String, _ world: World) {
    published.insert(path)
    badSince[path] = nil
    guard let token = token(in: path, world) else {
      return report("\(path) was written with something that is no token's")
    }
    if token.endsAt <= world.now { report("a token that has ended was written to \(path)") }
    world.events.add(token.endsAt, .look)
    world.events.add(token.endsAt + .milliseconds(1_001), .look)
  }

  private func token(in path: String, _ world: World) -> Issued? {
    guard let content = world.disk.files[path]?.content else { return nil }
    return issuedTokens[content.split(separator: " ").last.map(String.init) ?? ""]
  }

  /// The daemon is about to remove the file.
  mutating func removing(_ path: String, _ world: World) {
    published.remove(path)
    guard let token = token(in: path, world), token.endsAt - world.now > .milliseconds(250), let loaded,
      world.process?.isStopping == false, !isExiting,
      let owner = loaded.profiles.first(where: { $0.files.contains { $0.path == path } }),
      token.profile == owner.name, world.now - loadedAt > .seconds(2),
      let posted = world.process?.posted[owner.name], posted.deadline > world.now
    else { return }
    // What was left by a daemon before this one can't be told from an old token while the folder can't be written.
    guard isWell(Disk.folder(of: path), world, for: .seconds(60)) else { return }
    report("\(path) was removed though its token is good for \((token.endsAt - world.now).inSeconds) s")
  }

  mutating func meddled(_ path: String, _ world: World) { touchedAt[path] = world.now }

  private func isWell(_ folder: String, _ world: World, for duration: Duration) -> Bool {
    guard let since = world.disk.folders[folder]?.wellSince else { return false }
    return world.now - since > duration
  }

  // MARK: After each event

  mutating func look(_ world: World) {
    guard let process = world.process, !process.hasExited, violation == nil else { return }
    moment = world.now
    lookForEndedTokens(world, process)
    for (_, demand) in waiting where demand.limit < world.now && resumedAt + .seconds(70) < world.now {
      if !process.isStopping { report("a demand for \(demand.profile) has waited for more than 70 s") }
    }
    guard let loaded, !process.isStopping, let begunAt else { return }
    for profile in loaded.profiles { look(at: profile, begunAt, process, world) }
  }

  private mutating func lookForEndedTokens(_ world: World, _ process: Process) {
    for (path, file) in world.disk.files where !path.hasPrefix(Settings.folder) {
      guard file.isAsItShouldBe || file.content != "rubbish", let token = token(in: path, world),
        token.endsAt <= world.now,
        let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince
      else { continue }
      let excused = max(wellSince, process.begunAt, resumedAt) + .seconds(1)
      if world.now > excused, process.stopBegan == nil || !process.isDraining {
        report("\(path) holds a token that ended \((world.now - token.endsAt).inSeconds) s ago")
      }
    }
  }

  private mutating func look(
    at profile: ProfileConfiguration, _ begunAt: BootTime, _ process: Process, _ world: World
  ) {
    let name = profile.name
    let isServed = process.posted[name].map { $0.deadline > world.now } ?? false
    if isServed {
      lookAtOutlets(of: profile, begunAt, process, world)
      unservedSince[name] = nil
      return
    }
    let since = unservedSince[name] ?? world.now
    unservedSince[name] = since
    guard let wellSince = wellSince(name, begunAt, world) else { return }
    let begins = max(since, wellSince)
    let waited = world.now - begins
    slowestRecovery = max(slowestRecovery, waited)
    if world.now > latest(name, begins) {
      report("\(name) has had no header for \(waited.inSeconds) s though all it needs is well")
    }
  }

  /// Since when everything that the profile needs is as it should be.
  private func wellSince(_ name: String, _ begunAt: BootTime, _ world: World) -> BootTime? {
    let index = Settings.index(of: name)
    let secret = world.disk.files[Settings.secretPath(index)]?.content
    guard let service = world.services[index % World.services].wellSince,
      secret == world.services[index % World.services].secrets[name],
      let folder = world.disk.folders[Settings.secretFolder(index)]?.wellSince,
      world.disk.state(of: Settings.runtime) != .hanging || world.now - begunAt > .seconds(2)
    else { return nil }
    return [service, folder, begunAt, resumedAt, loadedAt, secretRightSince[name] ?? begunAt].max()
  }

  /// When a profile for which all has been well since then has a header: after what it was told to wait, and a little.
  private func latest(_ name: String, _ since: BootTime) -> BootTime {
    pacing.restsUntil(name, since: since) + (plan.profiles > 16 ? .seconds(120) : .seconds(60))
  }

  private mutating func lookAtOutlets(
    of profile: ProfileConfiguration, _ begunAt: BootTime, _ process: Process, _ world: World
  ) {
    guard let posting = process.posted[profile.name], posting.deadline - world.now > .seconds(2),
      let header = posting.header.text
    else { return }
    for file in profile.files {
      let value =
        file.format == .token ? String(header.dropFirst(profile.exchange.headerPrefix.count)) : header
      let isRight = world.disk.files[file.path] == Disk.File(content: value)
      lookAt(file.path, isRight: isRight, begunAt, world)
    }
    let bound = world.disk.sockets[profile.socket.path]
    let isServed = process.served.contains { socket, role in
      if case .tokens(profile.name, _) = role { world.sockets[socket] == bound?.kernel } else { false }
    }
    let ownership = Ownership(mode: profile.socket.mode, group: nil)
    lookAt(profile.socket.path, isRight: isServed && bound?.ownership == ownership, begunAt, world)
  }

  private mutating func lookAt(_ path: String, isRight: Bool, _ begunAt: BootTime, _ world: World) {
    guard !isRight, let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince else {
      badSince[path] = nil
      return
    }
    let since = badSince[path] ?? world.now
    badSince[path] = since
    let waited = world.now - [since, wellSince, begunAt, loadedAt, resumedAt].reduce(since, max)
    if waited > .seconds(36) { report("\(path) isn't as it should be for \(waited.inSeconds) s") }
  }

  mutating func suspended(until end: BootTime) { resumedAt = end }

  mutating func secretMayHaveChanged(_ profile: Int, _ world: World) {
    let name = Settings.name(profile)
    secretRightSince[name] = world.now
    pacing.changed(name, endpoint: false, world.now)
  }

  // MARK: Requests

  mutating func requestSent(_ number: ExchangeNumber, _ order: ExchangeOrder, _ world: World) {
    let policy = (loaded ?? lastRead)?.profiles.first { $0.name == order.profile }?.refresh ?? RefreshPolicy()
    let broken = pacing.sent(
      number, order, policy, isReady: world.process?.isReady ?? false, plan.profiles, world.now)
    if let broken { report(broken) }
  }

  mutating func requestEnded(
    _ number: ExchangeNumber, _ profile: String, _ result: Result<TokenGrant, ExchangeFailure>?,
    _ world: World
  ) {
    let isHeld = world.process?.posted[profile].map { $0.deadline > world.now } ?? false
    pacing.ended(number, result, isHeld: isHeld, isReady: world.process?.isReady ?? false, world.now)
  }

  // MARK: Jobs, the log, the status

  mutating func jobBegan(_ id: JobID, _ job: Job, _ world: World) {
    if jobs.updateValue("", forKey: id) != nil { report("a job's number is used twice") }
  }

  mutating func noted(_ notice: Notice, _ world: World) {
    if case .reloadApplied(let summary) = notice, summary.late.isEmpty { lookAtReload(world) }
    // What is logged is data; none of it may hold a secret or a token.
    guard plan.seed % 97 == 0 else { return }
    shown("\(notice)")
  }

  /// What is announced is so: no socket that isn't wanted is left, and those that are wanted are served.
  private mutating func lookAtReload(_ world: World) {
    guard let loaded, let process = world.process else { return }
    let wanted = Set(loaded.profiles.map(\.socket.path) + [loaded.api.socketPath].compactMap { $0 })
    for (path, bound) in world.disk.sockets where !wanted.contains(path) {
      if world.sockets.values.contains(bound.kernel) {
        report("a reload was announced while \(path) was there")
      }
    }
    for profile in loaded.profiles {
      let isServed = process.served.values.contains { role in
        if case .tokens(profile.name, profile.socket) = role { true } else { false }
      }
      if !isServed { report("a reload was announced while \(profile.name) wasn't served as it says") }
    }
  }

  mutating func shown(_ text: String) {
    if text.contains("s3cr3t") { report("a secret is shown: \(text)") }
    if text.contains("token-") { report("a token is shown: \(text)") }
  }

  // MARK: The end

  /// By then everything has recovered, if all is well.
  func recoveryBound(_ world: World) -> Duration {
    (0..<plan.profiles).map { latest(Settings.name($0), world.now) - world.now }.max() ?? .zero
  }

  mutating func judgeRecovery(_ world: World) {
    guard let process = world.process, let loaded else { return }
    for profile in loaded.profiles
    where !(process.posted[profile.name].map { $0.deadline > world.now } ?? false) {
      // A token that lives for a minute may be on its way to be replaced.
      if plan.lifetime > .seconds(600), begunAt.map({ world.now - $0 > .seconds(400) }) ?? false,
        !process.isStopping
      {
        report("\(profile.name) hasn't recovered")
      }
    }
    let wanted = process.watched.count
    let most = loaded.profiles.reduce(4) { $0 + $1.files.count + 2 }
    if wanted > most { report("\(wanted) files are watched, and \(most) would do") }
    if process.exchanges.count > plan.profiles { report("exchanges pile up") }
    let entries = 2 * plan.profiles + 6
    if world.store.count > entries {
      report("the store holds \(world.store.count) entries for \(plan.profiles) profiles")
    }
  }
}
