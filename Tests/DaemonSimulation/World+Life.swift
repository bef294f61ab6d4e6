import DaemonCore
import TokenCore

/// systemd, the services, and what goes wrong.
extension World {
  // MARK: systemd

  func start() {
    guard process == nil, !isOver else { return }
    processCount += 1
    statistics.count("start")
    var host = HostFacts(configurationPath: Settings.path, fingerprintKey: key)
    host.hasManager = true
    host.watchdogInterval = plan.hasWatchdog ? .seconds(30) : nil
    process = Process(
      number: processCount, machine: DaemonMachine(host: host), begunAt: now, lastSign: now)
    checker.processBegan(self)
    if plan.hasWatchdog { events.add(now + .seconds(30), .watchdog(process: processCount)) }
    give(.started(inheritance()))
  }

  private func inheritance() -> Inheritance {
    var found = Inheritance()
    sockets = [:]
    var entries = store
    if plan.systemd == 252 { entries.shuffle(using: &random) }
    for entry in entries {
      switch entry.content {
      case .record(let record): found.records.append(.init(entry: entry.name, record: record))
      case .starts(let starts):
        found.starts = starts
        found.startsEntry = entry.name
      case .socket(let kernel, let place):
        let socket = SocketID(sockets.count + 1)
        sockets[socket] = kernel
        found.sockets.append(.init(entry: entry.name, socket: socket, place: place))
      }
    }
    found.headerFiles = checker.published
    return found
  }

  func happen(_ end: Plan.End) {
    guard let current = process, !current.isStopping else { return }
    switch end {
    case .kill: die(restart: true)
    case .restart(let isTold): stop(.restart, isTold: isTold, pause: nil)
    case .stop(let pause): stop(.other, isTold: true, pause: pause)
    }
  }

  private func stop(_ job: ManagerJob, isTold: Bool, pause: Int?) {
    statistics.count(job == .restart ? "restart" : "stop")
    managerJob = job
    isBusTold = isTold
    pauseAfterStop = pause
    process?.isStopping = true
    process?.stopBegan = now
    events.add(now + .seconds(20), .stopLimit(process: process?.number ?? 0))
    give(.signal(.stop))
  }

  /// The process is gone without a word; the unit's clean-up runs, and the next process comes.
  private func die(restart: Bool) {
    statistics.count("kill")
    let left = checker.published
    process = nil
    checker.processEnded(self)
    events.add(now + random.seconds(0.01, 0.1), .cleanUp(paths: left))
    if restart { events.add(now + random.seconds(0.25, 0.4), .start) }
  }

  func cleanUp(_ paths: Set<String>) {
    guard process == nil else { return }
    for path in paths where [.well, .full].contains(disk.state(of: Disk.folder(of: path))) {
      disk.files[path] = nil
    }
  }

  func exited(_ status: ExitStatus) {
    guard let current = process else { return }
    statistics.count("exit \(status)")
    checker.exited(status, current, self)
    process = nil
    defer { checker.processEnded(self) }
    if current.isStopping {
      if managerJob == .restart {
        events.add(now + random.seconds(0.03, 0.1), .start)
      } else {
        empty()
        events.add(now + .seconds(pauseAfterStop ?? 1), .start)
      }
    } else if status == .unavailable {
      events.add(now + random.seconds(0.25, 0.4), .start)
    } else {
      // The unit has failed; the operator starts it again some time.
      empty()
      configuration.isValid = true
      events.add(now + .seconds(300), .start)
    }
    pendingStores = []
  }

  private func empty() {
    store = []
    for (path, _) in disk.sockets where places.values.contains(path) {
      // Nobody holds the sockets any more; the paths that were left are dead.
      disk.sockets[path]?.kernel = 0
    }
  }

  func judge(_ number: Int) {
    guard let current = process, current.number == number else { return }
    if now - current.lastSign >= .seconds(30) {
      if !loopHangs, !current.isStopping {
        return checker.report("no sign of life for 30 s though every loop lives")
      }
      return die(restart: true)
    }
    if loopHangs, let since = checker.loopHangsSince, now - since > .seconds(100) {
      return checker.report("signs of life though a loop has hung for 100 s")
    }
    events.add(current.lastSign + .seconds(30), .watchdog(process: number))
  }

  // MARK: Services

  func send(_ number: ExchangeNumber, _ order: ExchangeOrder) {
    checker.requestSent(number, order, self)
    statistics.count("request")
    process?.exchanges[number] = Exchange(order: order, sentAt: now)
    let service = services[serviceIndex(order)]
    var delay = service.isSlow ? random.seconds(1, 18) : random.seconds(0.01, 0.5)
    switch service.answering {
    case .silent: delay = order.settings.timeout
    default: break
    }
    if service.loses { return }
    events.add(now + delay, .answer(process: process?.number ?? 0, number))
    if service.doubles {
      events.add(now + delay + random.seconds(0, 30), .answer(process: process?.number ?? 0, number))
    }
  }

  func serviceIndex(_ order: ExchangeOrder) -> Int { Settings.index(of: order.profile) % Self.services }

  func answer(_ process: Int, _ number: ExchangeNumber) {
    guard self.process?.number == process else { return }
    guard let exchange = self.process?.exchanges.removeValue(forKey: number) else {
      // A second answer, or one to a request that was given up.
      statistics.count("late answer")
      return give(
        .exchangeEnded(
          number, .success(TokenGrant(token: Secret("late \(number.value)"), lifetime: .seconds(9_999)))))
    }
    let result = outcome(exchange)
    checker.requestEnded(number, exchange.order.profile, result, self)
    give(.exchangeEnded(number, result))
  }

  private func outcome(_ exchange: Exchange) -> Result<TokenGrant, ExchangeFailure> {
    let index = serviceIndex(exchange.order)
    let host = exchange.order.settings.baseURL
    switch services[index].answering {
    case .silent: return .failure(.timedOut(host: host, after: exchange.order.settings.timeout))
    case .unreachable: return .failure(.network(host: host, reason: "Connection refused"))
    case .status(let code): return .failure(.status(code, retryAfter: nil))
    case .throttles(let wait): return .failure(.status(429, retryAfter: .seconds(wait)))
    case .gatewayPage: return .failure(.gatewayPage(403))
    case .nonsense: return .failure(.unusableAnswer(.noToken(lookedAt: ["/token"])))
    case .well, .repeats: return judge(exchange, index)
    }
  }

  private func judge(_ exchange: Exchange, _ index: Int) -> Result<TokenGrant, ExchangeFailure> {
    let order = exchange.order
    guard order.credentials.clientSecret.text == services[index].secrets[order.profile] else {
      return .failure(.status(401, retryAfter: nil))
    }
    if services[index].answering == .repeats, let last = services[index].last[order.profile] {
      let left = last.endsAt - exchange.sentAt
      if left > .zero { return .success(TokenGrant(token: Secret(last.token), lifetime: left)) }
    }
    tokenCount += 1
    let token = "token-\(tokenCount)"
    let lifetime = plan.lifetime * Double.random(in: 0.8...1, using: &random)
    let endsAt = exchange.sentAt + lifetime
    services[index].last[order.profile] = (token, endsAt)
    checker.issued(token, Issued(profile: order.profile, prefix: order.settings.headerPrefix, endsAt: endsAt))
    return .success(TokenGrant(token: Secret(token), lifetime: lifetime))
  }

  // MARK: What happens

  func happen(_ happening: Plan.Happening) {
    statistics.count(happening.kind)
    switch happening {
    case .service(let index, let answering):
      services[index].answering = answering
      review(index)
    case .losesAnswers(let index, let loses):
      services[index].loses = loses
      review(index)
    case .repeatsAnswers(let index, let doubles): services[index].doubles = doubles
    case .slow(let index, let isSlow): services[index].isSlow = isSlow
    case .rotates(let profile, let isWritten):
      let secret = "s3cr3t-\(profile)-\(tokenCount + 2)"
      services[profile % Self.services].secrets[Settings.name(profile)] = secret
      if isWritten { writeSecret(profile, secret) }
      checker.secretMayHaveChanged(profile, self)
    case .writesSecret(let profile):
      writeSecret(profile, services[profile % Self.services].secrets[Settings.name(profile)])
    case .spoilsSecret(let profile, let isReadable):
      writeSecret(profile, isReadable ? "s3cr3t-spoilt-\(tokenCount)" : nil)
    case .folder(let index, let state): setFolder(index, state)
    case .meddles(let outlet, let meddling): meddle(outlet, meddling)
    case .setsClock(let seconds): timeOfDay += Double(seconds)
    case .suspends(let seconds): suspend(.seconds(seconds))
    case .reload(let variant, let isValid):
      configuration = (variant, isValid)
      give(.signal(.reload))
    case .signalRefresh:
      checker.refreshAsked(nil, self)
      give(.signal(.refresh))
    case .demands(let profile, let count, let kind, let leave): demand(profile, count, kind, leave)
    case .ends(let end): happen(end)
    case .storeHangs(let hangs): setStoreHangs(hangs)
    case .busHangs(let hangs):
      busHangs = hangs
      if !hangs { release("bus") }
    case .namesHang(let hangs):
      namesHang = hangs
      if !hangs { release("names") }
    case .losesLogLines:
      droppedLines += 7
      give(.logLinesDropped(droppedLines))
    case .overflow(let index): give(.changedAll(folder: folder(index)))
    case .loopHangs(let hangs):
      loopHangs = hangs
      checker.loopHangsSince = hangs ? now : nil
      if !hangs { for loop in Loop.allCases { give(.loopAnswered(loop)) } }
    }
  }

  private func review(_ index: Int) {
    let isWell = services[index].answering == .well && !services[index].loses
    services[index].wellSince = isWell ? services[index].wellSince ?? now : nil
  }

  private func writeSecret(_ profile: Int, _ secret: String?) {
    let path = Settings.secretPath(profile)
    // The secret's own folder is written to by the operator, from elsewhere.
    disk.files[path] = secret.map { Disk.File(content: $0) }
    checker.secretMayHaveChanged(profile, self)
    notice(path)
  }

  func folder(_ index: Int) -> String {
    switch index {
    case 0: Settings.runtime
    case 1: Settings.files
    case 2: Settings.folder
    default: Settings.secretFolder((index - Self.sharedFolders) % plan.profiles)
    }
  }

  private func setFolder(_ index: Int, _ state: Plan.FolderState) {
    let folder = folder(index)
    let wellSince = disk.folders[folder]?.wellSince ?? now
    disk.folders[folder] = Disk.Folder(state: state, wellSince: state == .well ? wellSince : nil)
    if state != .hanging { release(folder) }
    // A reader of a file may look a second later.
    events.add(now + .milliseconds(1_001), .look)
  }

  private func setStoreHangs(_ hangs: Bool) {
    storeHangs = hangs
    guard !hangs else { return }
    for pending in pendingStores where process?.number == pending.process {
      add(pending.name, pending.content)
      later(random.seconds(0.000_1, 0.005), .stored(pending.name, failure: nil))
    }
    pendingStores = []
  }

  private func meddle(_ outlet: Int, _ meddling: Plan.Meddling) {
    let paths = (disk.files.keys.filter { !$0.hasPrefix(Settings.folder) } + Array(disk.sockets.keys))
      .sorted()
    guard !paths.isEmpty else { return }
    let path = paths[outlet % paths.count]
    guard disk.state(of: Disk.folder(of: path)) == .well else { return }
    checker.meddled(path, self)
    switch meddling {
    case .deletes:
      disk.files[path] = nil
      disk.sockets[path] = nil
    case .overwrites:
      if disk.files[path] != nil { disk.files[path] = Disk.File(content: "rubbish", isAsItShouldBe: false) }
    case .changesMode:
      disk.files[path]?.isAsItShouldBe = false
      disk.sockets[path]?.ownership = Ownership(mode: 0o777, group: nil)
    }
    notice(path)
  }

  /// The boot-time clock goes on, and nothing else does: whatever is due comes late.
  private func suspend(_ duration: Duration) {
    let end = now + duration
    checker.suspended(until: end)
    for (index, _) in services.enumerated() {
      services[index].wellSince = services[index].wellSince.map { _ in end }
    }
    events.shift(to: end)
    events.add(end, .look)
  }

  private func demand(_ profile: Int, _ count: Int, _ kind: Int, _ leave: Bool) {
    guard let process, !process.isStopping else { return }
    for index in 0..<count {
      demandCount += 1
      let name = Settings.name(profile)
      let wish: RefreshDemand.Wish
      switch kind {
      case 0: wish = .now
      case 1: wish = .minimumValidity(plan.lifetime * 0.9)
      default: wish = .replacement(of: process.posted[name]?.header ?? Secret("nothing"))
      }
      let demand = RefreshDemand(
        id: DemandID(demandCount), profile: name, user: UInt32(index % 3), wish: wish, patience: .seconds(10))
      checker.demanded(demand, self)
      give(.demand(demand))
      if leave {
        checker.left(demand.id)
        give(.demandEnded(demand.id))
      }
    }
    events.add(now + .seconds(75), .look)
  }

  // MARK: The end

  /// Everything is well from now on: everything must be as it should be soon.
  func recover() {
    if checker.recoveryBegan == nil {
      checker.recoveryBegan = now
      for index in services.indices {
        services[index].answering = .well
        services[index].loses = false
        services[index].doubles = false
        services[index].isSlow = false
        review(index)
      }
      for index in 0..<plan.profiles {
        writeSecret(index, services[index % Self.services].secrets[Settings.name(index)])
      }
      for index in 0..<(Self.sharedFolders + plan.profiles) { setFolder(index, .well) }
      setStoreHangs(false)
      busHangs = false
      namesHang = false
      loopHangs = false
      checker.loopHangsSince = nil
      release("bus")
      release("names")
      for loop in Loop.allCases { give(.loopAnswered(loop)) }
      configuration.isValid = true
      events.add(now + checker.recoveryBound(self), .end)
    } else {
      checker.judgeRecovery(self)
      isOver = true
    }
  }
}

extension EventQueue {
  /// Moves what comes before a moment to it, in the same order.
  mutating func shift(to time: BootTime) {
    var kept = EventQueue()
    while let (due, event) = removeFirst() { kept.add(max(due, time), event) }
    self = kept
  }
}

extension Plan.Happening {
  /// For the statistics.
  var kind: String {
    switch self {
    case .service(_, .well): "service well again"
    case .service(_, let answering): "service: \(answering.kind)"
    case .losesAnswers: "answers lost"
    case .repeatsAnswers: "answers doubled"
    case .slow: "slow service"
    case .rotates: "secret rotated"
    case .writesSecret: "secret written"
    case .spoilsSecret: "secret spoilt"
    case .folder(_, let state): "folder \(state)"
    case .meddles: "outlet meddled with"
    case .setsClock: "clock set"
    case .suspends: "suspend"
    case .reload(_, let isValid): isValid ? "reload" : "reload of nonsense"
    case .signalRefresh: "SIGUSR1"
    case .demands: "storm of demands"
    case .ends(.kill): "killed"
    case .ends: "stopped"
    case .storeHangs: "store hangs"
    case .busHangs: "bus hangs"
    case .namesHang: "names hang"
    case .losesLogLines: "log drops lines"
    case .overflow: "inotify overflow"
    case .loopHangs: "loop hangs"
    }
  }
}

extension Plan.Answering {
  var kind: String {
    switch self {
    case .throttles: "429"
    case .status(let code): "\(code)"
    default: "\(self)"
    }
  }
}
