import AssetITAPI
import Dispatch
import LinuxSystem
import Logging
import Systemd
import TokenConfig
import TokenCore

/// The daemon: performs what the state machines of the profiles decide. Everything here happens on one queue;
/// only exchanges and readers have threads of their own.
actor Daemon {
  /// How far the daemon has come.
  enum Stage: Equatable {
    case starting(since: BootTime)
    case ready
    case ended
  }

  /// How often files are looked at for changes.
  static let tickInterval = Duration.seconds(2)

  let executor: QueueExecutor
  let configurationPath: String
  let loader: ConfigurationLoader
  let notifier = Notifier()
  let exchanges: ExchangeClient
  let server: TokenServer
  let reports: ReportQueue
  /// `nil`: nothing is served over HTTP.
  let control: (any ControlServer)?
  var controlService: ControlService?
  var controlListener: ControlListener?
  /// What the HTTP server knows, by name.
  var postedStates: [String: ProfileState] = [:]
  let budget: DescriptorBudget
  /// Callers over HTTP who wait for the end of an exchange.
  var demands: DemandRegister
  var log: Logger
  var random = SystemRandomNumberGenerator()
  let fingerprintKey: Secret
  var store: TokenStore

  var stage: Stage
  var configuration: Configuration
  var credentials: CredentialReader
  var profiles: [String: Profile] = [:]
  /// By path.
  var sockets: [String: ReaderSocket] = [:]
  var configurationStamp: FileStamp?
  /// Why the last reload was refused; `nil` where it was applied.
  var refusedReload: String?
  private var shownStatus = ""
  var serial = 0
  var nextTick: BootTime
  var lifeSigns: LifeSigns
  var signals: SignalReader?
  var timer: BootTimer?
  private let ended: @Sendable (ExitStatus) -> Void

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// `ended` is called once, when everything is over.
  init(
    _ configuration: Configuration, path: String, loader: ConfigurationLoader, bootID: String, log: Logger,
    control: (any ControlServer)?, ended: @escaping @Sendable (ExitStatus) -> Void
  ) throws {
    let now = BootTime.now()
    executor = QueueExecutor(queue: DispatchQueue(label: "assetit-tokend.service"))
    self.configuration = configuration
    configurationPath = path
    configurationStamp = FileStamp(path: path)
    self.loader = loader
    store = TokenStore(bootID: bootID)
    self.log = log
    self.control = control
    self.ended = ended
    credentials = loader.credentialReader(for: configuration)
    exchanges = try ExchangeClient()
    let reports = ReportQueue(queue: executor.queue)
    self.reports = reports
    budget = DescriptorBudget(
      limit: ProcessLimits.raiseDescriptorLimit(), profiles: configuration.profiles.count)
    demands = DemandRegister(limit: budget.demands)
    server = try TokenServer(budget) { reports.push($0) }
    fingerprintKey = CredentialFingerprint.newKey(&random)
    stage = .starting(since: now)
    nextTick = now + Self.tickInterval
    lifeSigns = LifeSigns(interval: notifier.watchdogInterval, now: now)
  }

  /// The timer fired: something may be due.
  func wake() {
    let now = BootTime.now()
    for profile in profiles.values where profile.dueAt.map({ $0 <= now }) ?? false {
      if let due = profile.machine.wakeAt, due <= now { handle(.woke, for: profile) }
      updateFiles(of: profile) { file, now, random in file.update(now: now, random: &random) }
    }
    if nextTick <= now { tick(now) }
    review()
  }

  private func tick(_ now: BootTime) {
    nextTick = now + min(Self.tickInterval, lifeSigns.interval ?? Self.tickInterval)
    lookForChanges()
    let isAlive = lifeSigns.isAlive(heartbeat: server.heartbeat, now: now)
    if isAlive, !profiles.values.contains(where: { $0.isOverdue(now) }) { notifier.send(.watchdog) }
    if lifeSigns.interval != nil { server.probe() }
    if case .starting = stage {
      notifier.send(.extendTimeout(Self.tickInterval * 15))
    }
  }

  /// After anything that happened: is the daemon ready, what does systemd show, when is the next thing due?
  func review() {
    guard stage != .ended else { return }
    reviewControl()
    let moment = ClockReading.current()
    show(status(moment))
    if case .starting(let since) = stage {
      let answers = profiles.values.map { Readiness.Answer($0.machine) }
      switch Readiness.judge(answers, sinceStart: moment.now - since) {
      case .wait: break
      case .ready: becomeReady(moment)
      case .refused(let status): return end(with: status)
      }
    }
    timer?.set((profiles.values.compactMap(\.dueAt) + [nextTick]).min() ?? nextTick)
  }

  private func becomeReady(_ moment: ClockReading) {
    stage = .ready
    for profile in profiles.values { handle(.becameReady, for: profile) }
    notifier.send(.ready, .status(status(moment)))
    log.log(.ready(profiles.values.map(\.machine)))
  }

  /// systemd tells everybody who watches the unit about each new text, so the same one isn't sent again.
  private func show(_ text: String) {
    guard text != shownStatus else { return }
    shownStatus = text
    notifier.send(.status(text))
  }

  func status(_ moment: ClockReading) -> String {
    let named = profiles.values.sorted { $0.name < $1.name }.map { ($0.name, $0.machine) }
    return StatusLine.text(named, refusedReload: refusedReload, moment)
  }

  /// Stops. For a restart sockets, tokens and files stay as they are, and readers queue in the kernel; otherwise
  /// nobody new connects, who is queued is answered, and everything is withdrawn.
  func end(with status: ExitStatus) {
    guard stage != .ended else { return }
    stage = .ended
    notifier.send(.stopping)
    let isRestart = status == .ok && UnitJob.ofThisProcess() == .restart
    log.log(.stopping(status, isRestart: isRestart))
    timer = nil
    if !isRestart {
      for socket in sockets.values where !socket.isActivated { socket.listener.removePath() }
      if let controlListener, !controlListener.isActivated { controlListener.socket.removePath() }
    }
    control?.shutDown()
    server.shutDown(answeringQueue: !isRestart)
    for profile in profiles.values {
      handle(.stopped, for: profile)
      if !isRestart { withdraw(profile) }
    }
    exchanges.shutDown()
    ended(status)
  }

  func end(with error: SystemError) {
    log.log(.startFailed("\(error)"))
    notifier.send(.status("\(error)"))
    end(with: error.isPermission ? .noPermission : .unavailable)
  }
}
