import TokenCore

/// All profiles at work: hands each one what happens to it, and does what it wants with what they share: slots for
/// exchanges, header files, the descriptor store, callers who wait.
struct Profiles {
  private(set) var runners: [String: ProfileRunner] = [:]
  var files = HeaderFiles()
  var store = StoreKeeper()
  private(set) var readiness = Readiness()
  private(set) var status = StatusText()
  private(set) var folders: CredentialFolders
  private var exchanges = ExchangeSchedule()
  private var demands: DemandRegister
  private var posted: [String: ProfileState] = [:]
  /// The exchange of each profile, and whose each is.
  private var inFlight: [ExchangeNumber: String] = [:]
  private var numbers: [String: ExchangeNumber] = [:]
  private var lastNumber = 0
  /// Profiles whose credentials lie in a file.
  private var watchers: [String: Set<String>] = [:]
  /// Credentials that couldn't be looked at, since their folder is stuck.
  private var missedLooks: Set<String> = []
  /// Problems of a profile that the configuration brings: outlets that are left out, names that don't exist yet.
  private var remarks: [String: [String]] = [:]
  private let fingerprintKey: Secret

  init(_ host: HostFacts) {
    folders = CredentialFolders(credentialsDirectory: host.credentialsDirectory)
    demands = DemandRegister(
      limit: DescriptorBudget(limit: host.descriptorLimit, profiles: 0).demands)
    fingerprintKey = host.fingerprintKey
  }

  var waitingExchanges: Int { exchanges.waitingCount }
  var exchangesInFlight: Int { inFlight.count }

  // MARK: Which profiles there are

  mutating func setReadersGroups(_ groups: Set<UInt32>) { folders.readersGroups = groups }

  mutating func setRefusedReload(_ reason: String?) { status.refusedReload = reason }

  mutating func touchStatus() { status.touch() }

  /// Nothing is sent before that moment.
  mutating func hold(until moment: BootTime, _ turn: inout Turn) { exchanges.hold(until: moment, &turn) }

  /// A new profile, which does nothing before ``begin(_:_:_:_:)``.
  mutating func add(_ configuration: ProfileConfiguration, isReady: Bool, key: Secret?) {
    runners[configuration.name] = ProfileRunner(
      configuration, isReady: isReady, fingerprintKey: key ?? fingerprintKey)
  }

  /// What the configuration says about each profile besides.
  mutating func setRemarks(_ configuration: Configuration) {
    remarks = [:]
    for outlet in configuration.leftOut {
      guard let profile = outlet.profile else { continue }
      remarks[profile, default: []].append("\(outlet.path) is not served: \(outlet.reason)")
    }
    for name in configuration.unresolved {
      guard let profile = name.use.profile else { continue }
      remarks[profile, default: []].append("there is no \(name.account.description) yet")
    }
  }

  /// Lets callers over HTTP know of the profile before the first of them comes.
  mutating func announce(_ name: String, _ turn: inout Turn) { post(name, &turn) }

  /// Serves the token of an earlier process, or asks for one.
  mutating func begin(
    _ name: String, _ record: ProfileRecord?, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard let configuration = runners[name]?.configuration else { return }
    watchCredentials(of: configuration, &turn)
    files.assign(configuration.files, to: name, &jobs, &turn)
    if let record, let held = record.held, held.isValid(at: turn.now) {
      let isElsewhere = !record.endpoint.isEmpty && record.endpoint != configuration.exchange.endpoint
      turn.log(.resumed(profile: name, credentialsChanged: isElsewhere))
    }
    perform(runners[name]?.start(record, folders, &turn) ?? [], name, &jobs, &turn)
    // Where nothing was published, what a killed process left goes now.
    if runners[name]?.token == nil { files.publish(nil, of: name, &jobs, &turn) }
    finish(name, &jobs, &turn)
  }

  mutating func remove(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let runner = runners[name] else { return }
    perform(runners[name]?.stop(folders, &turn) ?? [], name, &jobs, &turn)
    unwatchCredentials(of: runner.configuration, &turn)
    exchanges.leave(name)
    files.retireAll(of: name, &jobs, &turn)
    turn.emit(.post(profile: name, nil))
    let waiting = demands.takeAll(of: name)
    if !waiting.isEmpty { answer(waiting, .unknownProfile, nil, &turn) }
    turn.emit(.control(.removed(name)))
    store.forget(name, &turn)
    readiness.set(name, nil)
    status.forget(name)
    posted[name] = nil
    remarks[name] = nil
    missedLooks.remove(name)
    runners[name] = nil
    turn.agenda.set(.profile(name), nil)
    sendNext(&jobs, &turn)
  }

  /// A reload gives the profile another configuration.
  mutating func apply(_ change: ReloadPlan.Change, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    let name = change.new.name
    guard let old = runners[name]?.configuration else { return }
    unwatchCredentials(of: old, &turn)
    watchCredentials(of: change.new, &turn)
    let actions = runners[name]?.apply(change, folders, &turn) ?? []
    if change.files { files.assign(change.new.files, to: name, &jobs, &turn) }
    if change.files || change.header { publish(name, &jobs, &turn) }
    perform(actions, name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  // MARK: What happens to a profile

  mutating func handle(
    _ event: TokenMachine.Event, of name: String, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard runners[name] != nil else { return }
    perform(runners[name]?.handle(event, folders, &turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  mutating func credentialsRead(
    _ name: String, serial: Int, _ result: JobResult, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard runners[name] != nil else { return }
    perform(
      runners[name]?.credentialsRead(result, serial: serial, folders, &turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  mutating func looked(
    _ name: String, _ result: JobResult, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard runners[name] != nil else { return }
    if case .failed = result { missedLooks.insert(name) }
    perform(runners[name]?.looked(result, folders, &turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  mutating func exchangeEnded(
    _ number: ExchangeNumber, _ result: Result<TokenGrant, ExchangeFailure>, _ jobs: inout JobSchedule,
    _ turn: inout Turn
  ) {
    guard let name = inFlight.removeValue(forKey: number) else { return }
    turn.agenda.set(.exchange(number), nil)
    guard numbers[name] == number else { return turn.log(.lateExchange(profile: name)) }
    numbers[name] = nil
    let isAboutReach: Bool? = if case .failure(let failure) = result { failure.isAboutReach } else { false }
    exchanges.release(name, isAboutReach)
    perform(runners[name]?.exchangeEnded(result, folders, &turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
    sendNext(&jobs, &turn)
  }

  /// The answer should have come long ago. The profile goes on without it; when it comes it is nobody's any more.
  mutating func exchangeOverdue(
    _ number: ExchangeNumber, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard let name = inFlight[number], numbers[name] == number, let runner = runners[name] else { return }
    let settings = runner.configuration.exchange
    numbers[name] = nil
    exchanges.release(name, true)
    turn.emit(.abandon(number))
    let failure = ExchangeFailure.timedOut(host: settings.service, after: settings.timeout)
    perform(runners[name]?.exchangeEnded(.failure(failure), folders, &turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
    sendNext(&jobs, &turn)
  }

  mutating func stored(
    _ entry: StoreName, _ failure: String?, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard let name = store.stored(entry, failure, &turn) else { return }
    recordKept(name, &jobs, &turn)
  }

  mutating func recordOverdue(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    if store.isOverdue(name, &turn) { recordKept(name, &jobs, &turn) }
  }

  private mutating func recordKept(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard runners[name] != nil else { return }
    perform(runners[name]?.recordKept(&turn) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  /// A file in which credentials may lie was changed.
  mutating func changed(_ path: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    for name in (watchers[path] ?? []).sorted() { look(name, &jobs, &turn) }
  }

  func credentialPaths(in folder: String) -> [String] {
    watchers.keys.filter { Path.folder(of: $0) == folder }.sorted()
  }

  /// A folder that was stuck answers again.
  mutating func folderAnswers(_ folder: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    files.folderAnswers(folder, &jobs, &turn)
    for name in missedLooks.sorted() {
      missedLooks.remove(name)
      look(name, &jobs, &turn)
    }
  }

  private mutating func look(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    perform(runners[name]?.lookAtCredentials(folders) ?? [], name, &jobs, &turn)
    finish(name, &jobs, &turn)
  }

  /// Requests that waited for their turn are sent while there are slots.
  mutating func sendNext(_ jobs: inout JobSchedule, _ turn: inout Turn) {
    while let name = exchanges.next(turn.now) {
      perform(runners[name]?.slotGranted(folders, &turn) ?? [.leaveQueue], name, &jobs, &turn)
      finish(name, &jobs, &turn)
    }
  }

  // MARK: Callers who wait

  mutating func setDemandLimit(_ limit: Int) { demands.limit = limit }

  mutating func receive(_ demand: RefreshDemand, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let runner = runners[demand.profile] else {
      return answer([demand.id], .unknownProfile, nil, &turn)
    }
    guard demands.hasRoom(for: demand.user) else {
      return answer([demand.id], .tooMany, state(of: runner), &turn)
    }
    guard let reason = reason(for: demand, runner) else {
      return answer([demand.id], .notNeeded, state(of: runner), &turn)
    }
    perform(
      runners[demand.profile]?.handle(.refreshWanted(reason), folders, &turn) ?? [], demand.profile, &jobs,
      &turn)
    finish(demand.profile, &jobs, &turn)
    guard let after = runners[demand.profile] else { return }
    if let outcome = outcome(of: reason, after, demand.patience, turn.now) {
      answer([demand.id], outcome, state(of: after), &turn)
    } else if demands.add(demand, exchangesEnded: after.statistics.ended) {
      let exchange = after.configuration.exchange
      turn.agenda.set(.demand(demand.id), turn.now + demand.patience + exchange.timeout + .seconds(30))
    }
  }

  mutating func cancel(_ demand: DemandID, _ turn: inout Turn) {
    demands.cancel(demand)
    turn.agenda.set(.demand(demand), nil)
  }

  /// The demand has waited for as long as an exchange can take, in vain.
  mutating func demandOverdue(_ demand: DemandID, _ turn: inout Turn) {
    demands.cancel(demand)
    answer([demand], .deferred(until: turn.now + .seconds(1)), nil, &turn)
  }

  private func reason(for demand: RefreshDemand, _ runner: ProfileRunner) -> RefreshReason? {
    switch demand.wish {
    case .now: return .requested
    case .minimumValidity(let least): return .minimumValidity(least)
    case .replacement(let reported):
      guard let token = state(of: runner).token, token.matches(reported), let held = runner.token else {
        return nil
      }
      return .refused(held.token)
    }
  }

  /// - Returns: `nil` where a request has begun, or begins soon enough to wait for.
  private func outcome(
    of reason: RefreshReason, _ runner: ProfileRunner, _ patience: Duration, _ now: BootTime
  ) -> RefreshOutcome? {
    if runner.isRequesting { return nil }
    if case .minimumValidity(let least) = reason {
      if let token = runner.token, token.deadline - now >= least { return .notNeeded }
      if let longest = runner.newestLifetime, least > longest { return .impossible }
    }
    guard let until = runner.nextAttempt else { return .failed }
    return until - now < patience ? nil : .deferred(until: until)
  }

  private mutating func answerDemands(of name: String, _ turn: inout Turn) {
    guard demands.hasDemands(of: name), let runner = runners[name], !runner.isRequesting else { return }
    let ended = demands.takeAnswered(of: name, exchangesEnded: runner.statistics.ended)
    guard !ended.isEmpty else { return }
    answer(ended, runner.lastFailure == nil ? .refreshed : .failed, state(of: runner), &turn)
  }

  private mutating func answer(
    _ ids: [DemandID], _ outcome: RefreshOutcome, _ state: ProfileState?, _ turn: inout Turn
  ) {
    // Whoever was answered isn't overdue any more.
    for id in ids { turn.agenda.set(.demand(id), nil) }
    turn.emit(.control(.answered(ids, outcome, state)))
    if let state { posted[state.name] = state }
  }

  /// Answers everybody who waits, for a daemon that ends.
  mutating func turnAwayDemands(_ turn: inout Turn) {
    for (name, runner) in runners.sorted(by: { $0.key < $1.key }) {
      let waiting = demands.takeAll(of: name)
      if !waiting.isEmpty { answer(waiting, .failed, state(of: runner), &turn) }
    }
  }

  // MARK: What profiles want

  private mutating func perform(
    _ actions: [ProfileRunner.Action], _ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    var rest = actions[...]
    while let action = rest.popFirst() {
      switch action {
      case .read(let reading, let purpose):
        guard !jobs.submit(.readCredentials(reading), for: purpose, &turn) else { break }
        rest = (credentialsStuck(purpose, name, reading, &turn) + rest)[...]
      case .queue(let service, let deadline):
        exchanges.enqueue(name, service: service, deadline: deadline)
        sendNext(&jobs, &turn)
      case .leaveQueue: exchanges.leave(name)
      case .keepRecord:
        keepRecord(name, &turn)
        if store.mayGoOn(name, turn.now) { rest = ((runners[name]?.recordKept(&turn) ?? []) + rest)[...] }
      case .send(let order): send(order, name, &turn)
      case .abandon: if let number = numbers[name] { turn.emit(.abandon(number)) }
      case .publish: publish(name, &jobs, &turn)
      case .withdraw:
        turn.emit(.post(profile: name, nil))
        files.publish(nil, of: name, &jobs, &turn)
      case .report(let report): turn.log(.profile(name, report))
      case .credentialsChanged: turn.log(.credentialsChanged(profile: name))
      case .endedExchange: answerDemands(of: name, &turn)
      }
    }
  }

  private mutating func credentialsStuck(
    _ purpose: Purpose, _ name: String, _ reading: CredentialReading, _ turn: inout Turn
  ) -> [ProfileRunner.Action] {
    let result = JobResult.failed(
      JobFailure(reason: "the folder \(reading.folder ?? "") of the credentials doesn't answer"))
    switch purpose {
    case .credentials(_, let serial):
      return runners[name]?.credentialsRead(result, serial: serial, folders, &turn) ?? []
    default:
      missedLooks.insert(name)
      return runners[name]?.looked(result, folders, &turn) ?? []
    }
  }

  private mutating func send(_ order: ExchangeOrder, _ name: String, _ turn: inout Turn) {
    lastNumber += 1
    let number = ExchangeNumber(lastNumber)
    inFlight[number] = name
    numbers[name] = number
    turn.log(.exchangeBegan(profile: name, order.settings))
    turn.emit(.exchange(number, order))
    turn.agenda.set(.exchange(number), turn.now + order.settings.timeout + Self.grace)
  }

  /// An exchange ends by itself; one that hasn't by then is lost.
  private static let grace = Duration.seconds(10)

  private mutating func publish(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let header = header(of: name, turn.reading) else { return }
    turn.emit(
      .post(
        profile: name, Posting(header: runners[name]?.header() ?? header.value, deadline: header.deadline)))
    files.publish(header, of: name, &jobs, &turn)
  }

  private func header(of name: String, _ reading: ClockReading) -> Header? {
    guard let runner = runners[name], let held = runner.token else { return nil }
    return Header(
      profile: name, prefix: runner.configuration.exchange.headerPrefix, held: held, now: reading.now,
      timeOfDay: reading.timeOfDay)
  }

  /// After anything that happened to the profile.
  private mutating func finish(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let runner = runners[name] else { return }
    turn.agenda.set(.profile(name), runner.wakeAt)
    if !runner.isPreparing { keepRecord(name, &turn) }
    readiness.set(name, Readiness.Answer(token: runner.token, lastFailure: runner.lastFailure))
    status.note(name, isTroubled: runner.token == nil || runner.lastFailure != nil)
    post(name, &turn)
  }

  private mutating func keepRecord(_ name: String, _ turn: inout Turn) {
    guard let record = runners[name]?.record else { return }
    store.keep(record, &turn)
  }

  private mutating func post(_ name: String, _ turn: inout Turn) {
    _ = runners[name]?.header()
    guard let runner = runners[name] else { return }
    let state = state(of: runner)
    guard posted[name] != state else { return }
    posted[name] = state
    turn.emit(.control(.changed(state)))
  }

  func state(of runner: ProfileRunner) -> ProfileState {
    let prefix = runner.configuration.exchange.headerPrefix
    return ProfileState(
      name: runner.name,
      token: runner.token.map { held in
        ProfileState.Token(
          header: runner.knownHeader ?? held.token.prefixed(with: prefix), prefixCount: prefix.utf8.count,
          requestedAt: held.requestedAt, deadline: held.deadline)
      }, isRefreshing: runner.isRequesting, nextRefreshAt: runner.nextAttempt,
      lastFailure: runner.lastFailure,
      newestLifetime: runner.newestLifetime, credentials: runner.hasCurrentCredentials ? .current : .changed,
      problems: (remarks[runner.name] ?? []) + files.problems(of: runner.name),
      socket: runner.configuration.socket)
  }

  /// Every profile, in order of names.
  var metrics: [DaemonMetrics.Profile] {
    runners.values.sorted { $0.name < $1.name }.map {
      DaemonMetrics.Profile(state: state(of: $0), statistics: $0.statistics)
    }
  }

  mutating func statusText(
    _ trouble: [String], for occasion: StatusText.Occasion, _ reading: ClockReading
  ) -> String? {
    status.text(of: runners, trouble, for: occasion, reading)
  }

  // MARK: Watching

  private mutating func watchCredentials(of configuration: ProfileConfiguration, _ turn: inout Turn) {
    for path in folders.watchedPaths(of: configuration) {
      if watchers[path] == nil { turn.emit(.watch(path: path)) }
      watchers[path, default: []].insert(configuration.name)
    }
  }

  private mutating func unwatchCredentials(of configuration: ProfileConfiguration, _ turn: inout Turn) {
    for path in folders.watchedPaths(of: configuration) {
      watchers[path]?.remove(configuration.name)
      guard watchers[path]?.isEmpty ?? false else { continue }
      watchers[path] = nil
      turn.emit(.unwatch(path: path))
    }
  }
}

extension UnresolvedName.Use {
  var profile: String? {
    switch self {
    case .apiGroup: nil
    case .socketGroup(let profile), .fileGroup(let profile, _), .access(let profile): profile
    }
  }
}

extension AccountName: CustomStringConvertible {
  package var description: String {
    switch self {
    case .user(let name): "user \(name)"
    case .group(let name): "group \(name)"
    }
  }
}
