package import TokenCore

/// The daemon's decisions, all of them: what happens goes in, what is to be done comes out. It does nothing itself; the
/// clocks' reading and chance are arguments. This is the door; each subject has an owner behind it.
///
/// | owner | decides |
/// |---|---|
/// | ``Profiles`` | what happens to a profile: its `TokenMachine`, exchanges, callers who wait, what is posted and kept |
/// | ``HeaderFiles``, ``SocketBook`` | what outlets there should be, and what is done about the difference |
/// | ``JobSchedule`` | which jobs that may hang are under way |
/// | ``Reload`` | a SIGHUP, from top to bottom |
/// | ``Ending`` | a SIGTERM, from top to bottom |
package struct DaemonMachine: Sendable {
  /// How far the daemon has come.
  private enum Stage {
    /// Nothing has happened yet.
    case idle
    /// The configuration is being read.
    case loading
    /// The sockets are being opened.
    case opening(Configuration, until: BootTime)
    /// The first requests are under way.
    case starting(since: BootTime)
    case ready
    case ending(Ending)
  }

  /// Sockets are waited for so long; one that takes longer is served when it comes.
  private static let openingPatience = Duration.seconds(1)
  /// READY waits so long for the header files.
  private static let filePatience = Duration.seconds(1)
  private static let startExtension = Duration.seconds(30)

  private let host: HostFacts
  private var stage = Stage.idle
  private var inheritance = Inheritance()
  private var configuration: Configuration?
  private var jobs = JobSchedule()
  private var profiles: Profiles
  private var sockets = SocketBook()
  private var names = Names()
  private var reload = Reload()
  private var watchdog: Watchdog?
  private var agenda = DueQueue<Turn.Due, BootTime>()
  private var polled: Set<String> = []
  private var droppedLines = 0
  /// Files in which something may have changed without anybody having seen what.
  private var slices = Line<String>()
  private var watchesConfiguration = false
  /// When the first token had come for a daemon that isn't ready yet.
  private var readySince: BootTime?

  package init(host: HostFacts) {
    self.host = host
    profiles = Profiles(host)
    watchdog = host.watchdogInterval.map(Watchdog.init(limit:))
  }

  /// When ``Input/woke`` is due; `nil`: nothing to wait for.
  package var wakeAt: BootTime? { agenda.first?.time }

  /// Takes one input and says what is to be done about it.
  package mutating func process(
    _ input: Input, at reading: ClockReading, random: inout some RandomNumberGenerator
  ) -> [Effect] {
    var turn = Turn(reading, random: TurnRandom(&random), agenda: agenda)
    agenda = DueQueue()
    take(input, &turn)
    takeDue(&turn)
    review(&turn)
    agenda = turn.agenda
    return turn.effects
  }
}

// MARK: - What comes in

extension DaemonMachine {
  private mutating func take(_ input: Input, _ turn: inout Turn) {
    switch (stage, input) {
    case (.idle, .started(let inheritance)): start(inheritance, &turn)
    case (.idle, _), (_, .started): break
    case (_, .woke): break
    case (.ending(var ending), .signal(.stop)): ending.insist(); stage = .ending(ending)
    case (_, .signal(let signal)): receive(signal, &turn)
    case (_, .jobEnded(let id, let result)): jobEnded(id, result, &turn)
    case (_, .exchangeEnded(let number, let result)):
      profiles.exchangeEnded(number, result, &jobs, &turn)
    case (_, .stored(let name, let failure)): profiles.stored(name, failure, &jobs, &turn)
    case (_, .changed(let path)): changed(path, &turn)
    case (_, .changedAll(let folder)): changedAll(folder, &turn)
    case (_, .polled(let folder, let reason)):
      if polled.insert(folder).inserted { turn.log(.polled(folder: folder, reason: reason)) }
    case (_, .notPolled(let folder)):
      if polled.remove(folder) != nil { turn.log(.notPolled(folder: folder)) }
    case (_, .loopAnswered(let loop)): watchdog?.answered(loop, &turn)
    case (_, .confirmed(let loop, let serial)): reload.confirmed(loop, serial)
    case (.ending(let ending), .demand(let demand)) where ending.isDraining:
      turn.emit(.control(.answered([demand.id], .failed, nil)))
    case (_, .demand(let demand)): profiles.receive(demand, &jobs, &turn)
    case (_, .demandEnded(let id)): profiles.cancel(id, &turn)
    case (_, .metricsWanted): turn.emit(.metrics(metrics))
    case (_, .logLinesDropped(let count)): logLinesDropped(count, &turn)
    case (.ending(var ending), .drained):
      ending.drained()
      stage = .ending(ending)
    case (_, .drained): break
    }
  }

  private mutating func receive(_ signal: Signal, _ turn: inout Turn) {
    switch (signal, stage) {
    case (_, .idle), (_, .ending): break
    case (.stop, _): stop(&turn)
    case (.reload, .starting), (.reload, .ready): beginReload(&turn)
    // What is being read or opened is new enough, and is looked at again once the daemon starts.
    case (.reload, _): break
    case (.refresh, .starting), (.refresh, .ready):
      for name in profiles.runners.keys.sorted() {
        profiles.handle(.refreshWanted(.requested), of: name, &jobs, &turn)
      }
    case (.refresh, _): break
    }
  }

  /// Everything whose time has come.
  private mutating func takeDue(_ turn: inout Turn) {
    while let (due, time) = turn.agenda.first, time <= turn.now {
      turn.agenda.set(due, nil)
      switch due {
      case .profile(let name): profiles.handle(.woke, of: name, &jobs, &turn)
      case .record(let name): profiles.recordOverdue(name, &jobs, &turn)
      case .file(let id): profiles.files.due(id, &jobs, &turn)
      case .socket(let place): sockets.due(place, &jobs, &turn)
      case .job(let id): writeOff(id, &turn)
      case .exchange(let number): profiles.exchangeOverdue(number, &jobs, &turn)
      case .demand(let id): profiles.demandOverdue(id, &turn)
      case .slice: takeSlice(&turn)
      case .hold: profiles.sendNext(&jobs, &turn)
      case .names: names.due(&jobs, &turn)
      case .status: showStatus(&turn)
      case .watchdog: watchdog?.beat(Loop.allCases, &turn)
      case .extend: extendTimeout(&turn)
      case .unbinding(let socket): sockets.unbindingDue(socket, &jobs, &turn)
      // These are looked at after each input.
      case .stage, .settling: break
      }
    }
  }

  private mutating func jobEnded(_ id: JobID, _ result: JobResult, _ turn: inout Turn) {
    let before = jobs.stuck
    guard let ended = jobs.end(id, result, &turn) else { return }
    dispatch(ended.purpose, result, &turn)
    guard ended.isLate else { return }
    for place in before.keys where !jobs.isStuck(place) {
      guard case .folder(let folder) = place else { continue }
      profiles.folderAnswers(folder, &jobs, &turn)
      sockets.folderAnswers(folder, &jobs, &turn)
    }
    profiles.touchStatus()
  }

  private mutating func dispatch(_ purpose: Purpose, _ result: JobResult, _ turn: inout Turn) {
    switch purpose {
    case .configuration: configurationRead(result, &turn)
    case .credentials(let profile, let serial):
      profiles.credentialsRead(profile, serial: serial, result, &jobs, &turn)
    case .look(let profile): profiles.looked(profile, result, &jobs, &turn)
    case .file(let outlet): profiles.files.ended(outlet, result, &jobs, &turn)
    case .socket(let place, let opening): socketEnded(place, opening, result, &turn)
    case .reload(let place, let serial, let opening):
      guard let configuration else { return }
      let new = reload.prepared(
        place, serial: serial, opening: opening, result, context, &jobs, &profiles, &sockets, &turn)
      adopt(new, insteadOf: configuration, &turn)
    case .names:
      let ids = names.ended(result)
      guard let configuration else { return }
      let new = reload.resolve(ids, configuration, context, &jobs, &profiles, &sockets, &turn)
      adopt(new, insteadOf: configuration, &turn)
    case .unbind(let socket): sockets.unbound(socket, result, &turn)
    case .bus:
      guard case .ending(var ending) = stage else { return }
      if case .managerJob(let job) = result { ending.busAnswered(job) } else { ending.busAnswered(.unknown) }
      stage = .ending(ending)
    case .nobody: break
    }
  }

  /// A job has taken too long: what it was for fails, and what waited behind it does too.
  private mutating func writeOff(_ id: JobID, _ turn: inout Turn) {
    for (index, purpose) in jobs.writeOff(id, &turn).enumerated() {
      let failure = JobResult.failed(
        JobFailure(reason: "\(purpose.name) takes too long: its folder doesn't answer"))
      switch purpose {
      case .file(let outlet):
        profiles.files.writtenOff(outlet, hasBegun: index == 0, &jobs, &turn)
      case .socket(let place, let opening):
        sockets.writtenOff(place, opening: opening, hasBegun: index == 0, &turn)
      // The first configuration is waited for, since nothing can be done without it.
      case .configuration where configuration == nil: break
      case .names: break
      case .unbind(let socket):
        if index > 0 { sockets.unbindingDropped(socket) }
      default: dispatch(purpose, failure, &turn)
      }
    }
    profiles.touchStatus()
  }

  private mutating func changed(_ path: String, _ turn: inout Turn) {
    if case .ending = stage { return }
    if path == host.configurationPath, case .starting = stage { beginReload(&turn) }
    profiles.changed(path, &jobs, &turn)
    if !profiles.files.changed(path, &jobs, &turn) { _ = sockets.changed(path, &jobs, &turn) }
  }

  /// Everything in the folder is looked at, a part at a time.
  private mutating func changedAll(_ folder: String, _ turn: inout Turn) {
    let paths =
      profiles.credentialPaths(in: folder) + profiles.files.paths(in: folder) + sockets.paths(in: folder)
    for path in paths { slices.append(path) }
    if folder == Path.folder(of: host.configurationPath) { slices.append(host.configurationPath) }
    takeSlice(&turn)
  }

  private mutating func takeSlice(_ turn: inout Turn) {
    for _ in 0..<50 {
      guard let path = slices.removeFirst() else { return }
      changed(path, &turn)
    }
    if !slices.isEmpty { turn.agenda.set(.slice, turn.now + .milliseconds(10)) }
  }

  private mutating func logLinesDropped(_ count: Int, _ turn: inout Turn) {
    guard count > droppedLines else { return }
    droppedLines = count
    profiles.touchStatus()
    turn.log(.logLinesDropped(count))
  }
}

// MARK: - The start

extension DaemonMachine {
  private mutating func start(_ inheritance: Inheritance, _ turn: inout Turn) {
    let inheritance = inheritance.withoutOlder
    self.inheritance = inheritance
    stage = .loading
    sockets = SocketBook(inheritance)
    takeOver(inheritance, &turn)
    if let watchdog, host.hasManager {
      self.watchdog = watchdog
      self.watchdog?.beat(Loop.allCases, &turn)
    }
    if host.hasManager { extendTimeout(&turn) }
    _ = jobs.submit(
      .readConfiguration(path: host.configurationPath, isLenient: true), for: .configuration, &turn)
  }

  private mutating func takeOver(_ inheritance: Inheritance, _ turn: inout Turn) {
    for entry in inheritance.records { profiles.store.inherit(record: entry.record, entry.entry) }
    for entry in inheritance.sockets { profiles.store.inherit(socketAt: entry.place, entry.entry) }
    for entry in inheritance.superseded {
      profiles.store.note(entry)
      turn.emit(.unstore(entry))
    }
    for socket in inheritance.supersededSockets { turn.emit(.close(socket)) }
    for entry in inheritance.refused {
      profiles.store.note(entry.entry)
      turn.emit(.unstore(entry.entry))
      turn.log(.storeRefused(reason: entry.reason))
    }
    if let entry = inheritance.startsEntry { profiles.store.note(entry) }
    // Nobody knows yet whose they are: the token that ends first may be in any of them.
    let firstEnd = inheritance.records.compactMap { $0.record.held?.deadline }.min() ?? turn.now
    for path in inheritance.headerFiles.sorted() {
      profiles.files.inherit(path, until: firstEnd - HeaderFiles.lead, &turn)
    }
    pace(inheritance, &turn)
  }

  /// A service that is started again and again mustn't ask AssetIT each time.
  private mutating func pace(_ inheritance: Inheritance, _ turn: inout Turn) {
    let recent = inheritance.starts.filter { $0 <= turn.now && turn.now - $0 < .seconds(60) }
    let starts = Array((recent + [turn.now]).suffix(8))
    profiles.store.keep(starts: starts, insteadOf: inheritance.startsEntry, &turn)
    guard starts.count > 5 else { return }
    let until = turn.now + .seconds(Double.random(in: 5...10, using: &turn.random))
    profiles.hold(until: until, &turn)
    turn.log(.startsTooOften(starts: starts.count, until: until))
  }

  private mutating func configurationRead(_ result: JobResult, _ turn: inout Turn) {
    guard case .loading = stage else {
      guard let configuration else { return }
      let new = reload.configurationRead(result, configuration, context, &jobs, &profiles, &sockets, &turn)
      return adopt(new, insteadOf: configuration, &turn)
    }
    switch result {
    case .configuration(let new): open(new, &turn)
    case .refused(let reasons): fail(.configuration, reasons, &turn)
    case .failed(let failure): fail(.unavailable, [failure.reason], &turn)
    default: fail(.unavailable, ["\(host.configurationPath) can't be read"], &turn)
    }
  }

  private mutating func open(_ new: Configuration, _ turn: inout Turn) {
    configuration = new
    stage = .opening(new, until: turn.now + Self.openingPatience)
    turn.agenda.set(.stage, turn.now + Self.openingPatience)
    turn.emit(.setLogLevel(new.logLevel))
    turn.log(.started(profiles: new.profiles.map(\.name)))
    for outlet in new.leftOut { turn.log(.outletLeftOut(outlet)) }
    if new.profiles.count > StoreKeeper.mostProfiles {
      turn.log(.storeTooSmall(profiles: new.profiles.count, limit: StoreKeeper.mostProfiles))
    }
    profiles.setReadersGroups(new.readersGroups(ownGroup: host.ownGroup))
    profiles.setRemarks(new)
    let keys = Dictionary(
      inheritance.records.map { ($0.record.profile, $0.record.fingerprintKey) }, uniquingKeysWith: { $1 })
    for profile in new.profiles {
      profiles.add(profile, isReady: false, key: keys[profile.name])
      profiles.announce(profile.name, &turn)
    }
    for socket in new.sockets { sockets.open(socket, &jobs, &turn) }
    shareDescriptors(new, &turn)
    names.want(new.unresolved, &turn)
  }

  /// What the listening sockets leave is for readers and callers.
  private mutating func shareDescriptors(_ configuration: Configuration, _ turn: inout Turn) {
    let budget = DescriptorBudget(limit: host.descriptorLimit, profiles: configuration.sockets.count)
    profiles.setDemandLimit(budget.demands)
    turn.emit(.share(budget))
  }

  private mutating func socketEnded(
    _ place: String, _ opening: SocketID?, _ result: JobResult, _ turn: inout Turn
  ) {
    let isEssential = sockets.wanted(at: place)?.isEssential ?? false
    let failure = sockets.ended(place, opening: opening, result, &jobs, &profiles.store, &turn)
    guard let failure, isEssential, case .opening = stage else { return }
    fail(failure.isPermission ? .noPermission : .unavailable, [failure.reason], &turn)
  }

  /// The sockets are there, or have been waited for: profiles begin.
  private mutating func begin(_ configuration: Configuration, _ turn: inout Turn) {
    stage = .starting(since: turn.now)
    sockets.dropUnclaimed(&jobs, &profiles.store, &turn)
    let records = Dictionary(
      inheritance.records.map { ($0.record.profile, $0.record) }, uniquingKeysWith: { $1 })
    for profile in configuration.profiles {
      profiles.begin(profile.name, records[profile.name], &jobs, &turn)
    }
    for name in records.keys.sorted() where profiles.runners[name] == nil {
      profiles.store.forget(name, &turn)
    }
    // Files of profiles that are gone, and those that no profile has any more.
    profiles.files.endInherited(&jobs, &turn)
    // The first configuration may be another one by now; systemd reloads no unit that is still starting.
    turn.emit(.watch(path: host.configurationPath))
    watchesConfiguration = true
    inheritance = Inheritance()
  }

  private mutating func extendTimeout(_ turn: inout Turn) {
    switch stage {
    case .ready, .ending: return
    default: break
    }
    turn.notify(.extendTimeout(Self.startExtension))
    turn.agenda.set(.extend, turn.now + Self.startExtension / 6)
  }

  /// The daemon can't start.
  private mutating func fail(_ status: ExitStatus, _ reasons: [String], _ turn: inout Turn) {
    for reason in reasons { turn.log(.startFailed(reason: reason)) }
    end(with: status, reasons.first, &turn)
  }
}

// MARK: - Reload

extension DaemonMachine {
  private var context: Reload.Context {
    let isReady = if case .ready = stage { true } else { false }
    return Reload.Context(path: host.configurationPath, isReady: isReady, ownGroup: host.ownGroup)
  }

  private mutating func beginReload(_ turn: inout Turn) {
    reload.begin(context, &jobs, &profiles, &turn)
    profiles.touchStatus()
  }

  private mutating func adopt(
    _ new: Configuration?, insteadOf old: Configuration, _ turn: inout Turn
  ) {
    profiles.touchStatus()
    if let new {
      configuration = new
      shareDescriptors(new, &turn)
      if new.unresolved != old.unresolved { names.want(new.unresolved, &turn) }
      profiles.sendNext(&jobs, &turn)
    }
  }
}

// MARK: - The end

extension DaemonMachine {
  /// SIGTERM: goes on serving while it asks whether this is a restart.
  private mutating func stop(_ turn: inout Turn) {
    reload.giveUp(&jobs, &sockets, &turn)
    if host.hasManager { turn.notify(.stopping) }
    turn.log(.askingBus)
    stage = .ending(Ending(askingSince: turn.now))
    turn.agenda.set(.stage, turn.now + Ending.busPatience)
    if !jobs.submit(.askBus, for: .bus, &turn), case .ending(var ending) = stage {
      ending.busAnswered(.unknown)
      stage = .ending(ending)
    }
  }

  /// Ends without asking anybody. `reason`: what was said already about why; the status text says it then.
  private mutating func end(with status: ExitStatus, _ reason: String?, _ turn: inout Turn) {
    reload.giveUp(&jobs, &sockets, &turn)
    turn.endAttempts()
    let text = reason ?? statusText(for: .givingUp, &turn)
    if host.hasManager { turn.emit(.notify([.stopping] + (text.map { [.status($0)] } ?? []))) }
    stage = .ending(Ending(failedWith: status, isSaid: reason != nil))
  }

  private mutating func proceedWithEnd(_ turn: inout Turn) {
    guard case .ending(var ending) = stage else { return }
    switch ending.next(turn.now, isUnbound: sockets.isUnbound) {
    case .wait(let until): turn.agenda.set(.stage, until)
    case .unbind:
      if !ending.isSaid { turn.log(.stopping(ending.status, isRestart: false)) }
      sockets.unbindAll(&jobs, &turn)
      stage = .ending(ending)
      return proceedWithEnd(&turn)
    case .drain(let isRestart):
      if isRestart { turn.log(.stopping(ending.status, isRestart: true)) }
      withdraw(isRestart: isRestart, ending.status, &turn)
      turn.agenda.set(.stage, ending.wakeAt)
    case .checkEmpty:
      let stuck = jobs.stuck
      let isEmpty =
        ending.isRestart || (sockets.isUnbound && profiles.files.isEmptied { stuck[.folder($0)] != nil })
      if isEmpty || ending.isOver(turn.now) {
        let left = ending.isRestart ? [] : profiles.files.leftOver
        if !left.isEmpty { turn.log(.leftBehind(left)) }
        if !ending.hasExited { turn.emit(.exit(ending.status)) }
        ending.exited()
        turn.agenda = DueQueue()
      } else {
        turn.agenda.set(.stage, ending.wakeAt)
      }
    case .nothing: break
    }
    stage = .ending(ending)
  }

  /// For a restart sockets, tokens and files stay as they are, and readers queue in the kernel; otherwise nobody new
  /// connects, who is queued is answered, and everything is withdrawn.
  private mutating func withdraw(isRestart: Bool, _ status: ExitStatus, _ turn: inout Turn) {
    profiles.turnAwayDemands(&turn)
    turn.emit(.drain(answeringQueue: !isRestart))
    for name in profiles.runners.keys.sorted() {
      profiles.handle(.stopped, of: name, &jobs, &turn)
      if !isRestart { profiles.files.retireAll(of: name, &jobs, &turn) }
    }
    // What the manager keeps it drops by itself at a stop; after a restart that nobody could tell it is of use.
    if !isRestart { profiles.files.endInherited(&jobs, &turn) }
  }
}

// MARK: - After each input

extension DaemonMachine {
  /// Is the daemon ready, is it over, what does systemd show?
  private mutating func review(_ turn: inout Turn) {
    switch stage {
    case .idle, .loading: break
    case .opening(let configuration, let until):
      if sockets.isSettled || until <= turn.now { begin(configuration, &turn) }
    case .starting, .ready, .ending: break
    }
    if reload.settle(areFilesQuiet: profiles.files.isQuiet, sockets, context, &turn) { tellReady(&turn) }
    if reload.takeNext() { beginReload(&turn) }
    if case .starting(let since) = stage { judge(since, &turn) }
    if case .ending = stage { return proceedWithEnd(&turn) }
    reviewStatus(&turn)
  }

  private mutating func judge(_ since: BootTime, _ turn: inout Turn) {
    switch profiles.readiness.judge(sinceStart: turn.now - since) {
    case .wait:
      // A profile that hasn't answered holds up the others for so long.
      if profiles.readiness.count(.token) > 0 { turn.agenda.set(.stage, since + Readiness.patience) }
    case .ready:
      // What is ordered after the unit finds the header files too, as far as their folders answer.
      let since = readySince ?? turn.now
      readySince = since
      if profiles.files.isQuiet || turn.now - since >= Self.filePatience {
        becomeReady(&turn)
      } else {
        turn.agenda.set(.stage, since + Self.filePatience)
      }
    case .refused(let status):
      end(with: status, nil, &turn)
    }
  }

  private mutating func becomeReady(_ turn: inout Turn) {
    stage = .ready
    turn.agenda.set(.stage, nil)
    turn.agenda.set(.extend, nil)
    if watchesConfiguration { turn.emit(.unwatch(path: host.configurationPath)) }
    watchesConfiguration = false
    for name in profiles.runners.keys.sorted() { profiles.handle(.becameReady, of: name, &jobs, &turn) }
    tellReady(&turn)
    turn.log(.ready(valid: profiles.readiness.count(.token), of: profiles.readiness.total))
  }

  /// The text is always the newest one then, however soon it is after the last.
  private mutating func tellReady(_ turn: inout Turn) {
    guard host.hasManager else { return }
    let text = statusText(for: .ready, &turn)
    turn.emit(.notify([.ready] + (text.map { [.status($0)] } ?? [])))
  }

  private mutating func statusText(for occasion: StatusText.Occasion, _ turn: inout Turn) -> String? {
    profiles.statusText(trouble.sentences + sockets.trouble, for: occasion, turn.reading)
  }

  private mutating func reviewStatus(_ turn: inout Turn) {
    guard host.hasManager, let due = profiles.status.dueAt(turn.now) else { return }
    if due <= turn.now { showStatus(&turn) } else { turn.agenda.set(.status, due) }
  }

  private mutating func showStatus(_ turn: inout Turn) {
    guard let text = statusText(for: .change, &turn) else { return }
    turn.notify(.status(text))
  }

  private var metrics: DaemonMetrics { DaemonMetrics(profiles: profiles.metrics, trouble: trouble) }

  private var trouble: Trouble {
    var trouble = Trouble()
    trouble.stuck = Set(jobs.stuck.keys.map(\.name))
    trouble.polledFolders = polled
    trouble.leftOut = Set(configuration?.leftOut.map(\.path) ?? [])
    trouble.unresolvedNames = names.texts
    trouble.waitingExchanges = profiles.waitingExchanges
    trouble.exchangesInFlight = profiles.exchangesInFlight
    trouble.droppedLogLines = droppedLines
    trouble.isStoreStuck = profiles.store.isStuck
    trouble.failingFiles = profiles.files.failingCount
    trouble.jobsWrittenOff = jobs.writtenOff
    return trouble
  }
}
