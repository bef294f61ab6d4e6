import ArgumentParser
import Glibc

/// `restart` or `signal=NAME`.
struct OnRefreshArgument: ExpressibleByArgument {
  private static let signals: [String: Int32] = [
    "HUP": SIGHUP, "INT": SIGINT, "TERM": SIGTERM, "QUIT": SIGQUIT, "USR1": SIGUSR1, "USR2": SIGUSR2,
    "ALRM": SIGALRM, "WINCH": SIGWINCH, "CONT": SIGCONT,
  ]

  let onRefresh: Supervisor.OnRefresh

  init?(argument: String) {
    if argument == "restart" {
      onRefresh = .restart
      return
    }
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "signal" else { return nil }
    let name = parts[1].uppercased()
    let short = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
    guard let signal = Self.signals[short] ?? Int32(short).flatMap({ 1...64 ~= $0 ? $0 : nil }) else {
      return nil
    }
    onRefresh = .signal(signal)
  }

  static var allValueStrings: [String] { ["restart", "signal=HUP"] }
}
