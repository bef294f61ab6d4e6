import DaemonCore
import LinuxSystem
import Systemd
package import TokenCore

/// Runs the daemon in this process until it is told to stop, and says how it ended. Call it on the main thread before
/// there are others. `control`: makes what serves HTTP, once signals are blocked in every thread to come.
package func runDaemon(
  configuration path: String, environment: [String: String],
  control makeControl: (() -> any ControlServer)? = nil
) -> ExitStatus {
  ProcessLimits.boundHeap()
  SignalQueue.block(Signal.numbers)
  let log: OperatorLog
  let inbox: Inbox
  do throws(SystemError) {
    let made = try Inbox()
    inbox = made
    let stream = JournalStream.ofStandardError(environment["JOURNAL_STREAM"])
    log = try OperatorLog(stream, level: .info) { made.push(.logLinesDropped($0)) }
  } catch {
    // Not so much as a log can be written.
    Notifier().send(.status("\(error)"))
    return .unavailable
  }
  defer { log.finish() }
  do {
    try ProcessLimits.forbidDumps()
    let daemon = try DaemonProcess(
      configuration: path, environment, inbox, log, control: makeControl?())
    return daemon.run()
  } catch {
    log.write { [.startFailed("\(error)")] }
    Notifier().send(.status("\(error)"))
    return .unavailable
  }
}
