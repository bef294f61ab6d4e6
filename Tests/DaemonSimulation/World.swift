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
    case stopLimit(process: Int, awake: BootTime)
    case watchdog(process: Int)
    case look
    /// At one profile; in one file.
    case lookAt(String)
    case lookIn(String)
    case end
  }

  let plan: Plan
  var random: SeededRandom
  var now = BootTime(nanoseconds: 1_000_000_000_000)
  var timeOfDay = 1_800_000_000.0
  /// How long the host has slept: systemd's own time-outs don't count that.
  var slept = Duration.zero
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
  let checker: Checker
  var tokenCount = 0
  var kernelSockets = 0
  var sockets: [SocketID: Int] = [:]
  var places: [Int: String] = [:]
  var demandCount: UInt64 = 0
  var isOver = false
  /// Wake-ups since anything else happened.
  private var wakes = 0
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
      // What must not be at a certain moment is looked at then; this is for what nobody thought of.
      if statistics.events % 512 == 0 { checker.look(self) }
    }
    statistics.length = plan.length
  }

  /// CLOCK_MONOTONIC.
  var awake: BootTime { now - slept }

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
    case .happening(let happening):
      checker.look(self)
      happen(happening)
    case .start: start()
    case .cleanUp(let paths): cleanUp(paths)
    case .stopLimit(let number, let limit):
      guard process?.number == number else { return }
      if awake < limit {
        return events.add(now + (limit - awake), .stopLimit(process: number, awake: limit))
      }
      checker.report(.harm, "the process still runs 8 s after SIGTERM")
    case .watchdog(let number): judge(number)
    case .look: checker.look(self)
    case .lookAt(let profile): checker.lookAt(profile, self)
    case .lookIn(let path): checker.look(in: path, self)
    case .end: recover()
    }
  }

  // MARK: The machine

  func give(_ input: Input) {
    guard process != nil else { return }
    let reading = ClockReading(now: now, timeOfDay: timeOfDay)
    note("-> \(input)")
    if case .woke = input { wakes += 1 } else { wakes = 0 }
    if wakes > 10_000 { checker.report(.growth, "10,000 wake-ups in a row") }
    perform(process?.machine.process(input, at: reading, random: &random) ?? [])
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
      if process?.jobs.updateValue(job, forKey: id) != nil {
        checker.report(.harm, "a job's number is used twice")
      }
      let pending = PendingJob(process: process?.number ?? 0, id: id, job: job)
      events.add(now + random.seconds(0.000_1, 0.006), .job(pending))
    case .retire(let outlet, let below): process?.fences[outlet] = below
    case .watch(let path):
      if process?.watched.insert(path).inserted == false {
        checker.report(.growth, "\(path) is watched twice")
      }
    case .unwatch(let path):
      if process?.watched.remove(path) == nil { checker.report(.growth, "\(path) wasn't watched") }
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
      wakes = 0
      checker.posted(profile, posting, self)
      process?.posted[profile] = posting
    case .serve(let socket, let role):
      if sockets[socket] == nil { checker.report(.outlets, "a socket is served that isn't open") }
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
        checker.toldReady(self)
        process?.isReady = true
        statistics.count("ready")
      case .watchdog: process?.lastSign = awake
      case .status(let text): checker.shown(text)
      case .reloading, .stopping, .extendTimeout: break
      }
    }
  }
}
