import AssetITAPI
import DaemonCore
import Glibc
import LinuxSystem
import Systemd
import TokenConfig
import TokenCore

/// Everything that a running daemon consists of.
struct DaemonProcess {
  private let runner: Runner
  private let manager: ManagerThread
  private let inheritance: Inheritance
  private let list: PublishedList?

  /// - Throws: where the kernel or libcurl has nothing left for it.
  init(
    configuration path: String, _ environment: [String: String], _ inbox: Inbox, _ log: OperatorLog,
    control: (any ControlServer)?, parser: TOMLProgram = .itself
  ) throws {
    let limit = ProcessLimits.raiseDescriptorLimit()
    // It is shared out anew when the configuration is known.
    let budget = DescriptorBudget(limit: limit, profiles: 0)
    let bootID = BootID.current(environment: environment)
    var loader = ConfigurationLoader.fromEnvironment(environment)
    loader.parser = parser
    let report: @Sendable (ServingReport) -> Void = { report in log.write { [LogMessage(report)] } }

    let (sockets, seen) = (SocketTable(), SeenFiles())
    var inherited = InheritedDescriptors(bootID: bootID, sockets: sockets, now: .now())
    for passed in DescriptorStore().takePassed() { inherited.take(passed) }
    let list = Self.list(in: loader.runtimeDirectory, log)
    inherited.add(headerFiles: list.left)
    self.list = list.list
    inheritance = inherited.inheritance

    let replaced = ReplacedFiles()
    let files = HeaderFiles(
      list: list.list, replaced: replaced, seen: seen, limit: budget.replacedFiles)
    let jobs = JobPerformer(loader: loader, sockets: sockets, files: files, seen: seen) { id, result in
      inbox.push(.jobEnded(id, result))
    }
    let replies = MetricsReplies()
    let service = ControlService(
      inbox: { request in inbox.push(request, replies) }, report: report)
    let manager = try ManagerThread()
    self.manager = manager
    let performer = Performer(
      Performer.Parts(
        inbox: inbox, log: log, manager: manager, exchanges: try ExchangeClient(),
        server: try TokenServer(budget, report: report), control: control, service: service, sockets: sockets,
        files: files, replaced: replaced, jobs: jobs, metricsReplies: replies, bootID: bootID))
    control?.start(service, budget)
    let machine = DaemonMachine(host: Self.facts(path, environment, loader, limit))
    let changes: FolderWatch? = try? FolderWatch()
    runner = try Runner(
      machine, inbox, performer, signals: SignalQueue(Signal.numbers), changes: changes, seen: seen,
      replaced: replaced)
  }

  private static func facts(
    _ path: String, _ environment: [String: String], _ loader: ConfigurationLoader, _ limit: Int
  ) -> HostFacts {
    var random = SystemRandomNumberGenerator()
    var facts = HostFacts(
      configurationPath: path, fingerprintKey: CredentialFingerprint.newKey(&random))
    facts.credentialsDirectory = loader.credentialsDirectory
    facts.hasManager = environment["NOTIFY_SOCKET"] != nil
    facts.watchdogInterval = Notifier().watchdogInterval
    facts.ownGroup = getegid()
    facts.descriptorLimit = limit
    return facts
  }

  func run() -> ExitStatus {
    let status = runner.run(inheritance)
    manager.finish()
    list?.removeIfEmpty()
    return status
  }

  /// The list of header files, and what an earlier process has left on it.
  private static func list(in folder: String, _ log: OperatorLog) -> (list: PublishedList?, left: Set<String>)
  {
    do throws(SystemError) {
      guard let list = try PublishedList.open(in: folder) else {
        throw SystemError("use", "\(folder)/\(PublishedList.name), which another daemon holds", errno: EBUSY)
      }
      let left = try list.inherited()
      CleanUp.removeTemporaries(left)
      return (list, Set(left.map(\.path)))
    } catch {
      log.write { [.listFailed("\(error)")] }
      return (nil, [])
    }
  }
}

extension Inbox {
  /// What the HTTP server asks.
  fileprivate func push(_ request: ControlRequest, _ replies: MetricsReplies) {
    switch request {
    case .demand(let demand): push(.demand(demand))
    case .cancel(let demand): push(.demandEnded(demand))
    case .livenessCheck(let reply): push(.call(reply))
    case .metrics(let reply):
      replies.add(reply)
      push(.metricsWanted)
    }
  }
}
