import FoundationEssentials
import TestSupport
import Testing

@Suite("assetit-tokend fetch --explain", .turnstile)
struct ExplainTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private struct Told: Decodable {
    struct Advice: Decodable {
      struct Line: Decodable {
        let table: String
        let text: String
      }

      let reason: String
      let lines: [Line]
    }

    let advice: [Advice]
  }

  private func fetch(_ arguments: String...) async throws -> (code: Int32, output: [UInt8], error: String) {
    let name = "fetch-\(UInt32.random(in: 0...UInt32.max))"
    let run = try bench.daemon(["fetch"] + arguments, as: name)
    guard case .exited(let code) = try await run.process.ended() else { return (-1, [], run.log) }
    return (code, try Files.read(run.outputPath), run.log)
  }

  @Test(
    "A service that nobody knows is mended by what it says alone",
    arguments: [
      #"{"shape":"nested"}"#, #"{"require_form":true}"#,
      #"{"body":"{\"data\":{\"sessionKey\":\"no-jwt-but-a-key\"},\"expires_in\":600}"}"#,
      #"{"body":"{\"list\":[{\"authToken\":\"no-jwt-but-a-key\"}]}"}"#, #"{"body":"no-jwt-but-a-key"}"#,
    ])
  func mended(faults: String) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    #expect(try await fetch().code != 0)
    let explained = try await fetch("--explain", "--json")
    let told = try JSONDecoder().decode(Told.self, from: Data(explained.output))
    #expect(!told.advice.isEmpty)
    var isMended = false
    for advice in told.advice where !isMended && !advice.lines.isEmpty {
      let lines = { (table: String) in
        advice.lines.filter { $0.table == "profiles.default." + table }.map(\.text).joined(separator: "\n")
      }
      try bench.configure(
        bench.profile(at: simulator.port, api: lines("api"), refresh: lines("refresh")))
      isMended = try await fetch().code == 0
    }
    #expect(isMended, "\(told)")
  }

  @Test("It works before any folder, group or user of readers exists, and whatever other profiles lack")
  func early() async throws {
    let simulator = try await bench.simulator()
    let readers =
      "path = \"/nowhere/at/all.sock\"\ngroup = \"no-such-group\"\nallow_users = [\"no-such-user\"]"
    let other =
      "\n[profiles.other]\nbase_url = \"https://x\"\nclient_id = \"x\"\nclient_secret_file = \"/nowhere\"\n"
    try bench.configure(bench.profile(at: simulator.port, socket: readers) + other)
    Files.remove(bench.runtime)
    for arguments in [[], ["--explain"]] {
      let run = try bench.daemon(["fetch"] + arguments)
      #expect(try await run.process.ended() == .exited(0), "\(run.log)")
    }
    // What would run with it does look.
    let check = try bench.daemon(["check"])
    #expect(try await check.process.ended() == .exited(78))
    #expect(check.log.contains("no-such-group") && check.log.contains("/nowhere"), "\(check.log)")
  }

  @Test(
    "It ends as fetch does",
    arguments: [(#"{"status":401}"#, 77), (#"{"status":404}"#, 78), (#"{"reset":true}"#, 69), ("{}", 0)]
      as [(String, Int32)])
  func codes(faults: String, code: Int32) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    #expect(try await fetch().code == code)
    let explained = try await fetch("--explain")
    #expect(explained.code == code)
    let text = String(decoding: explained.output, as: UTF8.self)
    #expect(text.contains("SENT") && text.contains("THE DAEMON"))
    #expect(!text.contains(Bench.secret) && !text.contains("eyJ"))
  }
}
