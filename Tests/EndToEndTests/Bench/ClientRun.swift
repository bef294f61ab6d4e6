import Glibc
import TestSupport
import Testing

/// A run of `assetit-token` to its end.
struct ClientRun {
  let ending: ChildProcess.Ending
  let output: String
  let error: String
}

extension Bench {
  /// Starts `assetit-token`; its output goes to `NAME.out`, messages to `NAME.err` in the folder.
  func startClient(
    _ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [], as name: String
  ) throws -> ChildProcess {
    let command = wrapper + [BuiltProgram.client.path] + arguments
    let variables = ["RUNTIME_DIRECTORY": runtime].merging(environment) { $1 }
    return try start(command[0], Array(command.dropFirst()), environment: variables, as: name)
  }

  func client(
    _ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [],
    within limit: Duration = .seconds(20)
  ) async throws -> ClientRun {
    let name = "client-\(UInt32.random(in: 0...UInt32.max))"
    let process = try startClient(arguments, environment: environment, wrapper: wrapper, as: name)
    let ending = try await process.ended(within: limit)
    return ClientRun(
      ending: ending, output: Files.text("\(folder)/\(name).out"), error: Files.text("\(folder)/\(name).err"))
  }

  /// A simulator and a daemon that has a token.
  func ready(
    lifetime: Int = 3600, socket: String = "", refresh: String = ""
  ) async throws -> (simulator: Simulator, daemon: Daemon, header: Header) {
    let simulator = try await simulator(lifetime: lifetime)
    try configure(profile(at: simulator.port, refresh: refresh, socket: socket))
    let daemon = try daemon()
    let header = try await Reader.firstHeader(self.socket)
    // What is served over HTTP is there just after.
    try await daemon.logs("ready: ")
    return (simulator, daemon, header)
  }
}
