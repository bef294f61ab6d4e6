import Glibc
import TestSupport
import Testing

/// Real runs of curl whose first request is refused: what follows must be the same request, or none.
@Suite("assetit-token curl never repeats anything but the same request", .turnstile)
struct ClientCurlTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Runs the script with `$client` and `$url`, in a folder that holds the file `body`, after every token has been
  /// taken back.
  private func run(
    _ script: String, environment: [String: String] = [:]
  ) async throws -> (run: ClientRun, accepted: Int) {
    let (simulator, _, _) = try await bench.ready()
    try simulator.revoke()
    try Files.write("BODY", to: "\(bench.folder)/body")
    let process = try bench.start(
      "/bin/bash", ["-c", "cd \(bench.folder); " + script],
      environment: [
        "RUNTIME_DIRECTORY": bench.runtime, "client": BuiltProgram.client.path, "HOME": bench.folder,
        "url": "http://127.0.0.1:\(simulator.port)/api/assets",
      ].merging(environment) { $1 },
      as: "script")
    let ending = try await process.ended(within: .seconds(20))
    let result = ClientRun(
      ending: ending, output: Files.text("\(bench.folder)/script.out"),
      error: Files.text("\(bench.folder)/script.err"))
    return (result, try simulator.acceptedData())
  }

  @Test(
    "what can be read twice is sent twice, byte for byte",
    arguments: [
      #"printf BODY | "$client" curl -- -sS -d @- "$url""#,
      #"printf BODY | "$client" curl -- -sS --data-binary @/dev/stdin "$url""#,
      #"printf BODY | "$client" curl -- -sS --json @- "$url""#,
      #"printf BODY | "$client" curl -- -sSXPOST -d@/dev/fd/0 "$url""#,
      #""$client" curl -- -sS -d @- "$url" <body"#,
      #""$client" curl -- -sS -T - "$url" <body"#,
      #""$client" curl -- -sS -T /dev/stdin "$url" <body"#,
      #""$client" curl -- -sS -d @body "$url""#,
      #""$client" curl -- -sS -T body "$url""#,
      #""$client" curl -- -sS -d BODY "$url""#,
      #""$client" curl -- -sS -d @/dev/fd/9 "$url" 9<body"#,
    ])
  func repeated(script: String) async throws {
    let (result, accepted) = try await run(script)
    #expect(result.ending == .exited(0), "\(result)")
    #expect(result.output == #"{"received":"BODY"}"#, "\(result)")
    #expect(accepted == 1)
  }

  @Test(
    "forms are sent again as they were",
    arguments: [
      #"printf BODY | "$client" curl -- -sS -F 'f=@-;type=text/plain' "$url""#,
      #""$client" curl -- -sS -F f=@body "$url""#, #""$client" curl -- -sS -F 'f=<body' "$url""#,
    ])
  func forms(script: String) async throws {
    let (result, accepted) = try await run(script)
    #expect(result.ending == .exited(0), "\(result)")
    #expect(result.output.contains(#"\r\n\r\nBODY\r\n--"#), "\(result)")
    #expect(accepted == 1)
  }

  @Test(
    "what can't be read twice isn't sent again: 75, and a sentence that says so",
    arguments: [
      #"printf BODY | "$client" curl -- -sS -T - "$url""#,
      #"printf BODY | "$client" curl -- -sST- "$url""#,
      #"printf BODY | "$client" curl -- -sS -T /dev/stdin "$url""#,
      #"printf BODY | "$client" curl -- -sS -T . "$url""#,
      #""$client" curl -- -sS -d @<(printf BODY) "$url""#,
      #""$client" curl -- -sS -F "f=@"<(printf BODY) "$url""#,
      #""$client" curl -- -sS -T <(printf BODY) "$url""#,
      #""$client" curl -- -sS -d @/dev/fd/9 "$url" 9< <(printf BODY)"#,
      #"mkfifo p; (printf BODY >p &); "$client" curl -- -sS -d @p "$url""#,
      #"echo 'data = "@-"' >c; printf BODY | "$client" curl -- -sS -K c "$url""#,
      #"echo 'data = "@-"' >c; printf BODY | "$client" curl -- -sSKc "$url""#,
      #"echo 'data = "@-"' >.curlrc; printf BODY | "$client" curl -- -sS "$url""#,
      #"mkdir .config; echo 'upload-file = "-"' >.config/curlrc; printf BODY | "$client" curl -- -sS "$url""#,
      #"printf 'data = "BODY"' | "$client" curl -- -sS -K - "$url""#,
      #"printf BODY | "$client" curl -- -sS --data-ascii @- --stderr - "$url""#,
    ])
  func notRepeated(script: String) async throws {
    let (result, accepted) = try await run(script)
    #expect(result.ending == .exited(75), "\(result)")
    #expect(result.error.contains("not repeated: run it again"), "\(result)")
    #expect(result.output.contains("revoked"), "the refusal is shown: \(result)")
    #expect(accepted == 0)
  }

  @Test("with -q as curl's first argument its configuration is left out, and the request is repeated")
  func withoutConfiguration() async throws {
    let (result, _) = try await run(
      #"echo 'data = "@-"' >.curlrc; printf BODY | "$client" curl -- -qsS -d @- "$url""#)
    #expect(result.ending == .exited(0) && result.output == #"{"received":"BODY"}"#, "\(result)")
  }

  @Test("a file that changes between the two runs isn't sent again")
  func changed() async throws {
    let script = #"""
      printf '#!/bin/sh\n/usr/bin/curl "$@"; code=$?; echo more >>body; exit $code' >curl; chmod +x curl
      PATH=.:$PATH "$client" curl -- -sS -d @body "$url"
      """#
    let (result, accepted) = try await run(script)
    #expect(result.ending == .exited(75) && result.error.contains("body has changed meanwhile"), "\(result)")
    #expect(accepted == 0)
  }

  @Test("where one of several requests was answered, none is repeated")
  func partly() async throws {
    let script = #""$client" curl -- -sS -d one "${url%/api*}/_sim/revoke" --next -sS -d two "$url""#
    let (result, accepted) = try await run(script)
    #expect(result.ending == .exited(75), "\(result)")
    #expect(result.error.contains("not repeated: run it again (there were other answers as well)"))
    #expect(accepted == 0)
  }

  @Test("standard input that curl doesn't read is left to what comes after it")
  func inputLeftAlone() async throws {
    let (result, _) = try await run(
      #"printf 'one\ntwo\n' | { "$client" curl -- -sS "$url" >/dev/null; cat; }"#)
    #expect(result.output == "one\ntwo\n")
  }
}

extension Simulator {
  /// How many requests with a token it has accepted.
  fileprivate func acceptedData() throws -> Int {
    let answer = try HTTP.send("GET", "/_sim/stats", port: port).body
    let digits = answer.split(separator: "\"data_ok\":", maxSplits: 1).last?.prefix { $0.isNumber } ?? ""
    return try #require(Int(digits), "\(answer)")
  }
}
