import DaemonCore
import TokenCore

/// Sees what readers, callers, services and systemd see of a simulated daemon, and knows what it may do, by rules that
/// are written apart from the machine's: it knows inputs and effects, and nothing of how the machine comes to them.
final class Checker {
  private(set) var violation: Violation?
  let plan: Plan
  private(set) var issuedTokens: [String: Issued] = [:]
  var files = FileChecker()
  var pacing = PacingChecker()
  private var recovery = RecoveryChecker()
  private var demands = DemandChecker()
  var loopHangsSince: BootTime?
  var recoveryBegan: BootTime?

  private var lastRead: Configuration?
  /// The configuration that is in force in the running process; `nil`: none yet.
  private(set) var loaded: Configuration?
  /// The last one that was in force in an earlier process.
  private var before: Configuration?
  private(set) var loadedAt = BootTime(nanoseconds: 0)
  private var begunAt: BootTime?
  private(set) var resumedAt = BootTime(nanoseconds: 0)
  private var removed: Set<String> = []
  private var isExiting = false
  /// Headers that were judged already.
  private var judged: [String: Secret] = [:]
  /// Good tokens that the store had for the process when it began, by profile, with their end.
  private var resumable: [String: BootTime] = [:]
  /// Profiles for which a token that ends sooner may take the place of another: somebody asked, or something changed.
  private var replaceable: Set<String> = []

  init(_ plan: Plan) {
    self.plan = plan
  }

  var slowestRecovery: Duration { recovery.slowest }

  func report(_ rule: Rule, _ text: String) {
    if violation == nil { violation = Violation(rule, text) }
  }

  func report(_ found: Violation?) {
    if violation == nil { violation = found }
  }

  /// FNV-1a, 64 bits: what a fingerprint may be here, without holding what it is of.
  static func digest(_ text: String) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return withUnsafeBytes(of: hash) { Array($0) }
  }

  // MARK: The process

  func processBegan(_ found: Inheritance, _ now: BootTime) {
    begunAt = nil
    loaded = nil
    isExiting = false
    judged = [:]
    demands.processBegan()
    files.processBegan()
    recovery.processBegan()
    pacing.processBegan()
    resumable = [:]
    for (name, records) in Dictionary(grouping: found.records, by: \.record.profile) where records.count == 1
    {
      if let held = records[0].record.held, held.deadline > now { resumable[name] = held.deadline }
    }
  }

  func processEnded(_ world: World) {
    before = loaded ?? before
    pacing.processEnded(isStoreLost: world.storeHangs || world.store.isEmpty, world.now)
    begunAt = nil
    loaded = nil
  }

  func exited(_ status: ExitStatus, _ process: Process, _ world: World) {
    if !process.isStopping, status == .ok { report(.manager, "the process ended by itself") }
    if !process.isStopping, process.isReady {
      report(.manager, "the process gave up after it was ready (\(status))")
    }
    // A restart that can't be told from a stop is treated as one.
    guard process.isStopping, world.managerJob != .restart else { return }
    let left = files.published.filter { path in
      let folder = Disk.folder(of: path)
      return world.disk.folders[folder]?.wellSince.map { world.now - $0 > .seconds(1) } ?? false
    }
    if let path = left.min() { report(.expired, "\(path) is left behind by a stop") }
  }

  /// Before a batch of effects is done.
  func begin(_ effects: [Effect], _ world: World) {
    removed = []
    for effect in effects {
      switch effect {
      case .control(.removed(let name)): removed.insert(name)
      case .log(.started):
        noteChanges(since: before, world)
        loaded = lastRead
        loadedAt = world.now
        begunAt = world.now
        resumable = resumable.filter { name, _ in loaded?.profiles.contains { $0.name == name } ?? false }
        world.events.add(world.now + .milliseconds(1_600), .look)
      // The first thing that a new configuration does. At a start it follows at once.
      case .setLogLevel where loaded != nil:
        noteChanges(since: loaded, world)
        judged = [:]
        loaded = lastRead
        loadedAt = world.now
        if let loaded { replaceable.formUnion(loaded.profiles.map(\.name)) }
        world.events.add(world.now + .milliseconds(10), .look)
      case .exit: isExiting = true
      default: break
      }
    }
  }

  private func noteChanges(since earlier: Configuration?, _ world: World) {
    guard let earlier, let lastRead else { return }
    let before = Dictionary(uniqueKeysWithValues: earlier.profiles.map { ($0.name, $0) })
    for profile in lastRead.profiles where before[profile.name] != profile {
      let isElsewhere = before[profile.name]?.exchange.authenticatePath != profile.exchange.authenticatePath
      pacing.changed(profile.name, endpoint: isElsewhere || before[profile.name] == nil, world.now)
      replaceable.insert(profile.name)
    }
    for name in removed { pacing.forget(name) }
  }

  func end(_ world: World) {
    guard let process = world.process else { return }
    if process.exchanges.count > 64 { report(.pacing, "more than 64 exchanges are in flight") }
    // One for each folder, for names, the bus, and what can't hang.
    if process.jobs.count > 16 + process.hanging.count + 8 {
      report(.growth, "\(process.jobs.count) jobs are under way")
    }
  }

  func configurationRead(_ configuration: Configuration) { lastRead = configuration }

  // MARK: Sockets and HTTP

  func issued(_ token: String, _ issued: Issued) { issuedTokens[token] = issued }

  func posted(_ profile: String, _ posting: Posting?, _ world: World) {
    let before = world.process?.posted[profile]
    lookAt(profile, world)
    recovery.posted(profile, until: posting?.deadline ?? world.now)
    let isGood = before.map { $0.deadline > world.now } ?? false
    let mayGo = removed.contains(profile) || isExiting || world.process?.isStopping ?? true
    guard let posting else {
      if isGood, !mayGo { report(.dropped, "the good token of \(profile) was dropped") }
      return
    }
    if isGood, let before, posting.deadline < before.deadline, !mayGo, !replaceable.contains(profile) {
      report(.dropped, "the token of \(profile) was replaced by one that ends sooner")
    }
    // What the process found is no new token yet.
    let isResumed = before == nil && resumable[profile] == posting.deadline
    // Nor is one with another prefix.
    if before?.deadline != posting.deadline, !isResumed { replaceable.remove(profile) }
    judge(posting.header, posting.deadline, profile, "the socket of \(profile)", world)
    if posting.deadline <= world.now {
      report(.expired, "a token of \(profile) was posted that has ended")
    }
    world.events.add(posting.deadline + .milliseconds(1), .lookAt(profile))
    world.events.add(world.now + .seconds(37), .lookAt(profile))
  }

  private func judge(
    _ header: Secret, _ deadline: BootTime, _ profile: String, _ place: String, _ world: World
  ) {
    guard let text = header.text, let prefix = prefix(of: profile) else {
      return report(.whole, "\(place): there is no profile \(profile)")
    }
    guard text.hasPrefix(prefix), let token = issuedTokens[String(text.dropFirst(prefix.count))] else {
      return report(.whole, "\(place): nobody issued such a token, or the prefix is another")
    }
    if token.profile != profile { report(.whole, "\(place): a token of \(token.profile)") }
    if deadline > token.endsAt {
      report(.expired, "\(place): served \((deadline - token.endsAt).inSeconds) s beyond its end")
    }
  }

  private func profile(_ name: String) -> ProfileConfiguration? {
    (loaded ?? lastRead)?.profiles.first { $0.name == name }
  }

  private func prefix(of name: String) -> String? { profile(name)?.exchange.headerPrefix }

  func told(_ posting: ControlPosting, _ world: World) {
    switch posting {
    case .changed(let state): judge(state, world)
    case .removed(let name): report(demands.removed(name))
    case .answered(let ids, let outcome, let state):
      if let state { judge(state, world) }
      for id in ids { report(demands.answered(id, outcome, state, world.now)) }
    }
  }

  private func judge(_ state: ProfileState, _ world: World) {
    guard let token = state.token(at: world.now) else { return }
    guard judged[state.name].map({ $0 !== token.header }) ?? true else { return }
    judged[state.name] = token.header
    judge(token.header, token.deadline, state.name, "HTTP for \(state.name)", world)
  }

  func demanded(_ demand: RefreshDemand, _ world: World) {
    demands.demanded(demand, world.now)
    replaceable.insert(demand.profile)
    pacing.asked(demand.profile, world.now)
  }

  func refreshAsked(_ now: BootTime) {
    pacing.asked(nil, now)
    if let loaded { replaceable.formUnion(loaded.profiles.map(\.name)) }
  }

  func exchangeAnswered(_ profile: String, _ world: World) {
    guard world.process?.isDraining == false,
      loaded?.profiles.contains(where: { $0.name == profile }) ?? false
    else { return }
    report(demands.ended(profile))
  }

  func left(_ id: DemandID) { demands.left(id) }

  // MARK: Files

  func written(_ path: String, _ content: String, _ world: World) {
    let owner = loaded?.profiles.first { $0.files.contains { $0.path == path } }
    let token = issuedTokens[content.split(separator: " ").last.map(String.init) ?? ""]
    recovery.written(path)
    report(files.written(path, content, token, owner: owner, world.now))
    guard let token else { return }
    world.events.add(token.endsAt, .lookIn(path))
    world.events.add(token.endsAt + .milliseconds(1_001), .lookIn(path))
  }

  /// The daemon is about to remove the file.
  func removing(_ path: String, _ world: World) {
    let found = files.token(in: path)
    files.removed(path)
    guard let token = found, token.endsAt - world.now > .milliseconds(250), let loaded,
      world.process?.isStopping == false, !isExiting,
      let owner = loaded.profiles.first(where: { $0.files.contains { $0.path == path } }),
      token.profile == owner.name, world.now - loadedAt > .seconds(2),
      let posted = world.process?.posted[owner.name], posted.deadline > world.now,
      // What was left by a daemon before this one can't be told from an old token while the folder can't be written.
      let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince,
      world.now - wellSince > .seconds(60)
    else { return }
    report(
      .dropped, "\(path) was removed though its token is good for \((token.endsAt - world.now).inSeconds) s")
  }

  // MARK: Looking

  func look(in path: String, _ world: World) {
    report(files.ended(in: path, world))
  }

  /// Looks at everything: before anything happens, and from time to time.
  func look(_ world: World) {
    guard let process = world.process, violation == nil else { return }
    report(files.ended(world))
    if !process.isStopping { report(demands.overdue(world.now, resumedAt)) }
    guard let loaded else { return }
    for profile in loaded.profiles { lookAt(profile, process, world) }
    if !process.isStopping { lookForLeftovers(loaded, process, world) }
  }

  /// What a profile had that is gone, or what a profile had before a reload.
  private func lookForLeftovers(_ loaded: Configuration, _ process: Process, _ world: World) {
    if let name = process.posted.keys.filter({ name in !loaded.profiles.contains { $0.name == name } }).min()
    {
      report(.reload, "\(name) is served though it is gone")
    }
    let wanted = Set(loaded.profiles.flatMap { $0.files.map(\.path) })
    let left = files.published.subtracting(wanted).filter { path in
      guard let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince else { return false }
      return world.now - max(wellSince, loadedAt, resumedAt) > .seconds(36)
    }
    if let path = left.min(), let begunAt, world.now - begunAt > .seconds(36) {
      // What a killed process left goes when the first of all tokens that it may hold ends.
      if files.isOwn(path) { report(.reload, "\(path) is there though nobody wants it any more") }
    }
  }

  func lookAt(_ name: String, _ world: World) {
    guard let process = world.process, violation == nil, let loaded,
      let profile = loaded.profiles.first(where: { $0.name == name })
    else { return }
    lookAt(profile, process, world)
  }

  private func lookAt(_ profile: ProfileConfiguration, _ process: Process, _ world: World) {
    guard !process.isStopping, !isExiting, let begunAt else { return }
    let name = profile.name
    report(recovery.look(at: profile, begunAt, world))
    // The sockets are waited for at the start, for a second.
    if let end = resumable[name], world.now > max(begunAt, resumedAt) + .milliseconds(1_500) {
      resumable[name] = nil
      if end > world.now + .seconds(1), process.posted[name] == nil {
        report(.dropped, "the token of \(name) wasn't served after a restart")
      }
    }
  }

  func suspended(until end: BootTime) { resumedAt = end }

  func secretMayHaveChanged(_ profile: Int, _ world: World) {
    let name = Settings.name(profile)
    recovery.secretMayHaveChanged(name, world.now)
    replaceable.insert(name)
    pacing.changed(name, endpoint: false, world.now)
  }

  // MARK: Requests

  func requestSent(_ number: ExchangeNumber, _ order: ExchangeOrder, _ world: World) {
    let policy = profile(order.profile)?.refresh ?? RefreshPolicy()
    let broken = pacing.sent(
      number, order, policy, isReady: world.process?.isReady ?? false, plan.profiles, resumedAt, world.now)
    if let broken { report(.pacing, broken) }
  }

  func requestEnded(
    _ number: ExchangeNumber, _ profile: String, _ result: Result<TokenGrant, ExchangeFailure>?,
    _ world: World
  ) {
    let isHeld = world.process?.posted[profile].map { $0.deadline > world.now } ?? false
    pacing.ended(number, result, isHeld: isHeld, isReady: world.process?.isReady ?? false, world.now)
  }

  // MARK: The log, the status

  func noted(_ notice: Notice, _ world: World) {
    if case .reloadApplied(let summary) = notice, summary.late.isEmpty { lookAtReload(world) }
    // What is logged is data; none of it may hold a secret or a token. It takes long to make text of all.
    if plan.seed % 32 == 0 { shown("\(notice)") }
  }

  /// What is announced is so: no socket that isn't wanted is left, and those that are wanted are served.
  private func lookAtReload(_ world: World) {
    guard let loaded, let process = world.process else { return }
    let wanted = Set(loaded.profiles.map(\.socket.path) + [loaded.api.socketPath].compactMap { $0 })
    let open = Set(world.sockets.values)
    let left = world.disk.sockets.filter { !wanted.contains($0.key) && open.contains($0.value.kernel) }
    if let path = left.keys.min() { report(.reload, "a reload was announced while \(path) was there") }
    for profile in loaded.profiles {
      let isServed = process.served.values.contains { role in
        if case .tokens(profile.name, profile.socket) = role { true } else { false }
      }
      if !isServed {
        report(.reload, "a reload was announced while \(profile.name) wasn't served as it says")
      }
    }
  }

  func shown(_ text: String) {
    if text.holds("s3cr3t") { report(.secret, "a secret is shown: \(text)") }
    if text.holds("token-") { report(.secret, "a token is shown: \(text)") }
  }

  func toldReady(_ world: World) {
    if !(world.process?.posted.values.contains { $0.deadline > world.now } ?? false),
      world.process?.isReady == false
    {
      report(.manager, "READY=1 while nobody has a valid token")
    }
  }

  // MARK: The end

  /// By then everything has recovered, if all is well.
  func recoveryBound(_ world: World) -> Duration {
    let configuration = Settings.configuration(
      0, profiles: plan.profiles, lifetime: plan.lifetime, isLenient: true)
    return configuration.profiles.map { profile in
      recovery.bound(profile, world)
        + max(.zero, (pacing.throttledUntil(profile.name) ?? world.now) - world.now)
    }.max() ?? .zero
  }

  func judgeRecovery(_ world: World) {
    look(world)
    guard let process = world.process, let loaded else { return }
    let wanted = process.watched.count
    let most = loaded.profiles.reduce(4) { $0 + $1.files.count + 2 }
    if wanted > most { report(.growth, "\(wanted) files are watched, and \(most) would do") }
    if process.exchanges.count > plan.profiles { report(.growth, "exchanges pile up") }
    if process.jobs.count > 20 { report(.growth, "jobs pile up: \(process.jobs.count)") }
    let entries = 2 * plan.profiles + 6
    if world.store.count > entries {
      report(.growth, "the store holds \(world.store.count) entries for \(plan.profiles) profiles")
    }
  }
}

extension String {
  /// Whether the text holds these bytes: `contains(_:)` takes ten times as long.
  fileprivate func holds(_ needle: StaticString) -> Bool {
    needle.withUTF8Buffer { needle in
      var rest = utf8[...]
      while let start = rest.firstIndex(of: needle[0]) {
        rest = rest[start...]
        if rest.starts(with: needle) { return true }
        rest = rest.dropFirst()
      }
      return false
    }
  }
}
