import ArgumentParser
import FoundationEssentials
import Glibc

@main
struct AssetITSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assetit-sim",
    abstract: "A stand-in for AssetIT's API on loopback, with faults on demand.",
    discussion: """
      Answers POST /api/apikeys/authenticate and GET /api/assets. Tests steer it under /_sim/: faults, \
      credentials, lifetime, revoke, requests, stats.
      """)

  @Option(help: "Loopback address and port to listen on; port 0 takes a free one.")
  var listen = ListenAddress(host: "127.0.0.1", port: 0)

  @Option(name: .customLong("client-id"), help: "The client ID that it accepts.")
  var clientID = "demo-client"

  @Option(help: "File with the client secret that it accepts. (default: the secret is demo-secret)")
  var secretFile: String?

  @Option(help: "Lifetime of the tokens: seconds, or 90s, 5m, 1h.")
  var lifetime = Lifetime(seconds: 3600)

  @Option(help: "Same seed, same requests at the same times: same tokens.")
  var seed: UInt64?

  @Option(help: "File that gets the port's number once the simulator listens.")
  var portFile: String?

  func run() throws {
    let simulator = Simulator(
      credentials: ClientCredentials(clientID: clientID, clientSecret: try readSecret()),
      lifetime: lifetime.seconds,
      seed: seed ?? .random(in: .min ... .max))

    let stop = StopSignals()
    let server = try SimulatorServer(simulator: simulator, listen: listen)
    try publish(port: server.port)
    print("assetit-sim: listening on http://\(ListenAddress(host: listen.host, port: server.port))")
    fflush(nil)
    stop.wait()
    try server.stop()
  }

  private func readSecret() throws -> String {
    guard let secretFile else { return "demo-secret" }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: secretFile))
    } catch {
      throw StartFailure("read the client secret from", secretFile, error)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let secret = text.last?.isNewline == true ? String(text.dropLast()) : text
    guard !secret.isEmpty else {
      throw ValidationError("\(secretFile) is empty: write the client secret into it")
    }
    return secret
  }

  private func publish(port: Int) throws {
    guard let portFile else { return }
    do {
      try Data(String(port).utf8).write(to: URL(filePath: portFile), options: .atomic)
    } catch {
      throw StartFailure("write the port to", portFile, error)
    }
  }
}
