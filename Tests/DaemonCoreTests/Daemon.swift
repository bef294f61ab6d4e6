import DaemonSimulation
import TokenCore

@testable import DaemonCore

/// A daemon whose performers answer at once, on a clock that only ``advance(_:)`` moves. Exchanges are answered by the
/// test; jobs in a folder that hangs, the bus and the store may be left without an answer.
struct Daemon {
  struct Sent {
    let number: ExchangeNumber
    let order: ExchangeOrder
    let at: BootTime
  }

  private var machine: DaemonMachine
  private var random = SeededRandom(seed: 1)
  private var pending: [Input] = []
  private(set) var now: BootTime
  /// What is read at the next reload.
  var configuration: Configuration
  private(set) var effects: [Effect] = []
  private(set) var sent: [Sent] = []
  private(set) var unanswered: [Sent] = []
  /// What the descriptor store holds, in the order in which it came.
  private(set) var store: [(name: StoreName, content: StoreContent)] = []
  private(set) var hanging: [(id: JobID, job: Job)] = []
  var hangingFolders: Set<String> = []
  var hangsBus = false
  var hangingLoops: Set<Loop> = []
  var managerJob = ManagerJob.other
  var hangsStore = false
  var hangsDrain = false

  init(
    _ profiles: [ProfileConfiguration], at now: BootTime = BootTime(nanoseconds: 1_000_000_000_000),
    watchdog: Duration? = nil
  ) {
    var host = HostFacts(configurationPath: "/etc/t/config.toml", fingerprintKey: Secret("key"))
    host.hasManager = true
    host.watchdogInterval = watchdog
    machine = DaemonMachine(host: host)
    configuration = Configuration(api: APIConfiguration(), profiles: profiles)
    self.now = now
  }

  static func profile(_ name: String, service: String = "https://service.example") -> ProfileConfiguration {
    ProfileConfiguration(
      name: name, exchange: ExchangeSettings(baseURL: service), clientID: .inline(Secret("id")),
      clientSecret: .inline(Secret("secret")), socket: SocketConfiguration(path: "/run/t/\(name).sock"),
      files: [
        FileConfiguration(path: "/run/t/\(name).header"), FileConfiguration(path: "/srv/t/\(name).header"),
      ])
  }

  /// Another process that finds what this one left in the store, after that long.
  func restarted(after pause: Duration) -> Daemon {
    var next = Daemon(configuration.profiles, at: now + pause)
    next.store = store
    return next
  }

  mutating func start() { give(.started(inheritance)) }

  private var inheritance: Inheritance {
    var found = Inheritance()
    for (name, content) in store {
      if case .record(let record) = content { found.records.append(.init(entry: name, record: record)) }
    }
    return found
  }

  mutating func give(_ input: Input) {
    pending.append(input)
    while !pending.isEmpty {
      let input = pending.removeFirst()
      let reading = ClockReading(now: now, timeOfDay: 1_800_000_000)
      for effect in machine.process(input, at: reading, random: &random) { perform(effect) }
    }
  }

  /// Lets time pass, with a wake-up for whatever is due.
  mutating func advance(_ duration: Duration) {
    let end = now + duration
    while let due = machine.wakeAt, due <= end {
      now = max(now, due)
      give(.woke)
    }
    now = end
  }

  /// The host is suspended: nothing is woken before its end.
  mutating func suspend(_ duration: Duration) {
    now = now + duration
    give(.woke)
  }

  /// Answers the oldest request that waits for an answer.
  mutating func answer(_ result: Result<TokenGrant, ExchangeFailure>) {
    guard !unanswered.isEmpty else { return }
    give(.exchangeEnded(unanswered.removeFirst().number, result))
  }

  mutating func grant(_ token: String, lifetime: Duration = .seconds(3_600)) {
    answer(.success(TokenGrant(token: Secret(token), lifetime: lifetime)))
  }

  /// Lets jobs return that hung.
  mutating func release(_ folder: String) {
    hangingFolders.remove(folder)
    let jobs = hanging
    hanging = []
    for (id, job) in jobs { give(.jobEnded(id, result(of: job))) }
  }

  mutating func forgetEffects() { effects = [] }

  private mutating func perform(_ effect: Effect) {
    effects.append(effect)
    switch effect {
    case .perform(let id, let job):
      if hangs(job) { hanging.append((id, job)) } else { pending.append(.jobEnded(id, result(of: job))) }
    case .exchange(let number, let order):
      sent.append(Sent(number: number, order: order, at: now))
      unanswered.append(Sent(number: number, order: order, at: now))
    case .abandon(let number):
      unanswered.removeAll { $0.number == number }
      pending.append(.exchangeEnded(number, .failure(.abandoned)))
    case .store(let name, let content):
      store.append((name, content))
      if !hangsStore { pending.append(.stored(name, failure: nil)) }
    case .unstore(let name): store.removeAll { $0.name == name }
    case .probe(let loops):
      for loop in loops where !hangingLoops.contains(loop) { pending.append(.loopAnswered(loop)) }
    case .drain: if !hangsDrain { pending.append(.drained) }
    case .confirm(let serial):
      for loop in Loop.serving { pending.append(.confirmed(loop, serial)) }
    default: break
    }
  }

  private func hangs(_ job: Job) -> Bool {
    switch job.workplace {
    case .bus: hangsBus
    case .folder(let folder): hangingFolders.contains(folder)
    default: false
    }
  }

  private func result(of job: Job) -> JobResult {
    switch job {
    case .readConfiguration: .configuration(configuration)
    case .readCredentials(let reading):
      .credentials(
        ReadCredentials(
          credentials: Credentials(clientID: Secret("id"), clientSecret: Secret("secret")),
          fingerprint: Array(reading.endpoint.utf8)))
    case .askBus: .managerJob(managerJob)
    case .resolveNames: .names([:])
    default: .changed
    }
  }

  // MARK: What was seen

  var exit: ExitStatus? {
    for case .exit(let status) in effects { return status }
    return nil
  }

  var notices: [Notice] {
    effects.compactMap { if case .log(let notice) = $0 { notice } else { nil } }
  }

  var isReady: Bool {
    effects.contains { if case .notify(let messages) = $0 { messages.contains(.ready) } else { false } }
  }

  /// What a caller over HTTP was told.
  func answers(to demand: DemandID) -> [RefreshOutcome] {
    effects.compactMap { effect in
      guard case .control(.answered(let ids, let outcome, _)) = effect else { return nil }
      return ids.contains(demand) ? outcome : nil
    }
  }

  /// How many signs of life the manager got.
  var signs: Int {
    effects.count { if case .notify(let messages) = $0 { messages.contains(.watchdog) } else { false } }
  }

  /// What readers of the profile's socket get.
  func header(of profile: String) -> String? {
    var header: String?
    for case .post(profile, let posting) in effects {
      header = posting.flatMap { now < $0.deadline ? $0.header.text : nil }
    }
    return header
  }

  var withdrawals: [String] {
    effects.compactMap {
      if case .perform(_, .withdrawHeader(let path)) = $0 { path } else { nil }
    }
  }
}
