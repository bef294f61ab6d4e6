import DaemonCore
import TokenCore

/// systemd: starts, stops, kills, and what passes from one process to the next.
extension World {
  func start() {
    guard process == nil, !isOver else { return }
    processCount += 1
    statistics.count("start")
    var host = HostFacts(configurationPath: Settings.path, fingerprintKey: key)
    host.hasManager = true
    host.watchdogInterval = plan.hasWatchdog ? .seconds(30) : nil
    process = Process(number: processCount, machine: DaemonMachine(host: host), now: now, awake: awake)
    let inheritance = inheritance()
    checker.processBegan(inheritance, now)
    if plan.hasWatchdog { events.add(now + .seconds(30), .watchdog(process: processCount)) }
    give(.started(inheritance))
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
        if let other = found.startsEntry { found.superseded.append(other) }
        found.starts = starts
        found.startsEntry = entry.name
      case .socket(let kernel, let place):
        let socket = SocketID(sockets.count + 1)
        sockets[socket] = kernel
        found.sockets.append(.init(entry: entry.name, socket: socket, place: place))
      }
    }
    found.headerFiles = checker.files.published
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
    events.add(now + .seconds(8), .stopLimit(process: process?.number ?? 0, awake: awake + .seconds(8)))
    give(.signal(.stop))
  }

  /// The process is gone without a word; the unit's clean-up runs, and the next process comes.
  private func die(restart: Bool) {
    statistics.count("kill")
    let left = checker.files.published
    process = nil
    checker.processEnded(self)
    events.add(now + random.seconds(0.01, 0.1), .cleanUp(paths: left))
    if restart { events.add(now + random.seconds(0.25, 0.4), .start) }
  }

  func cleanUp(_ paths: Set<String>) {
    guard process == nil else { return }
    for path in paths.sorted()
    where [.well, .full].contains(disk.state(of: Disk.folder(of: path))) {
      disk.files[path] = nil
      checker.files.removed(path)
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
    let left = .seconds(30) - (awake - current.lastSign)
    if left <= .zero {
      if !loopHangs, !current.isStopping {
        return checker.report(.manager, "no sign of life for 30 s though every loop lives")
      }
      return die(restart: true)
    }
    // A process that was started since then has all the time that the first had.
    if loopHangs, let since = checker.loopHangsSince,
      now - max(since, current.begunAt, checker.resumedAt) > .seconds(100)
    {
      return checker.report(.manager, "signs of life though a loop has hung for 100 s")
    }
    events.add(now + left, .watchdog(process: number))
  }
}
