import Dispatch
import Glibc
import LinuxSystem
import Logging
import Synchronization
import Systemd
import TokenConfig
package import TokenCore

/// Runs the daemon in this process until it is told to stop, and says how it ended. Call it on the main thread
/// before there are others. `control`: makes what serves HTTP, once signals are blocked in every thread to come.
package func runDaemon(
  configuration path: String, environment: [String: String],
  control makeControl: (() -> any ControlServer)? = nil
) -> ExitStatus {
  SignalReader.block(Daemon.signals)
  let stream = JournalStream.ofStandardError(environment["JOURNAL_STREAM"])
  let log = Logger.operatorLog(stream, level: .info)
  do {
    try ProcessLimits.forbidDumps()
    let loader = ConfigurationLoader.fromEnvironment(environment)
    let configuration = try loader.load(path: path)
    return try run(
      configuration, path, loader, bootID: BootID.current(environment: environment), stream,
      control: makeControl?())
  } catch let problems as ConfigurationProblems {
    var store = TokenStore(bootID: BootID.current(environment: environment))
    store.take(now: .now()).withdraw()
    for problem in problems.all { log.log(.startFailed("\(problem)")) }
    Notifier().send(.status(problems.all.first.map { "\($0)" } ?? ""))
    return .configuration
  } catch {
    log.log(.startFailed("\(error)"))
    Notifier().send(.status("\(error)"))
    return .unavailable
  }
}

private func run(
  _ configuration: Configuration, _ path: String, _ loader: ConfigurationLoader, bootID: String,
  _ stream: JournalStream, control: (any ControlServer)?
) throws -> ExitStatus {
  let over = DispatchSemaphore(value: 0)
  let status = Mutex(ExitStatus.ok)
  let daemon = try Daemon(
    configuration, path: path, loader: loader, bootID: bootID,
    log: .operatorLog(stream, level: configuration.logLevel.level), control: control
  ) { ended in
    status.withLock { $0 = ended }
    over.signal()
  }
  Task { await daemon.start() }
  over.wait()
  return status.withLock { $0 }
}
