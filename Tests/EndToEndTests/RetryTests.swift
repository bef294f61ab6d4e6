import Glibc
import Testing

/// What a service may do instead of answering well, and what the daemon owes it then.
struct Trouble: Sendable, CustomTestStringConvertible {
  let name: String
  /// As `PUT /_sim/faults` takes it.
  let faults: String
  /// Seconds that must lie between one answer and the next request, first, second, third …
  let waits: [Double]
  /// What the log says about it.
  let message: String

  var testDescription: String { name }

  /// `retry_min` 200 ms and `retry_max` 1 s: doubled and capped, of which at least half, never under the least.
  private static let transient = [0.2, 0.2, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
  /// `rejected_retry` is 2 s, a fifth of what is left of the token 5.4 s at least; a tenth less each.
  private static let rejected = [1.8, 4.8, 4.8]

  private static func refused(_ status: Int) -> Trouble {
    Trouble(
      name: "\(status)", faults: #"{"status":\#(status)}"#, waits: rejected,
      message: "AssetIT refused the \(status == 400 ? "request" : "client ID or secret") (HTTP \(status))")
  }

  static let all = [
    refused(400), refused(401), refused(403),
    Trouble(
      name: "429 with Retry-After", faults: #"{"status":429,"retry_after":2}"#, waits: [2, 2],
      message: "asks to be left alone"),
    Trouble(
      name: "429 without it", faults: #"{"status":429}"#, waits: transient, message: "asks to be left alone"),
    Trouble(
      name: "503 with Retry-After", faults: #"{"status":503,"retry_after":2}"#, waits: [2, 2],
      message: "asks to be left alone"),
    Trouble(name: "500", faults: #"{"status":500}"#, waits: transient, message: "HTTP 500"),
    Trouble(
      name: "a reset", faults: #"{"reset":true}"#, waits: transient, message: "broke before its answer"),
    Trouble(
      name: "a close", faults: #"{"close":true}"#, waits: transient, message: "broke before its answer"),
    Trouble(
      name: "half an answer", faults: #"{"cut":true}"#, waits: transient, message: "broke before its answer"),
    Trouble(
      name: "Retry-After of 0", faults: #"{"status":429,"retry_after":0}"#, waits: transient,
      message: "asks to be left alone"),
    Trouble(
      name: "Retry-After in the past",
      faults: #"{"status":503,"retry_after":"Sun, 06 Nov 1994 08:49:37 GMT"}"#,
      waits: transient, message: "asks to be left alone"),
    Trouble(
      name: "a firewall's page", faults: #"{"status":403,"html":true}"#, waits: rejected,
      message: "a gateway between this host and AssetIT answered with a web page (HTTP 403)"),
    Trouble(name: "garbage", faults: #"{"garbage":true}"#, waits: transient, message: "attempt 1 failed"),
    Trouble(name: "a login page", faults: #"{"html":true}"#, waits: transient, message: "attempt 1 failed"),
    Trouble(
      name: "an answer that is far too long", faults: #"{"oversized":100000}"#, waits: transient,
      message: "attempt 1 failed"),
    Trouble(
      name: "the same token again", faults: #"{"same_token":true}"#, waits: transient,
      message: "attempt 1 failed"),
    Trouble(
      name: "a token that has expired", faults: #"{"lifetime":-10}"#, waits: transient,
      message: "attempt 1 failed"),
  ]
}

@Suite("Times between requests when the service is in trouble", .turnstile)
struct RetryTests {
  let bench: Bench
  private static let refresh = """
    retry_min = "200ms"
    retry_max = "1s"
    rejected_retry = "2s"
    """

  init() throws {
    bench = try Bench()
  }

  @Test("grow as they should, so that no storm comes of it", arguments: Trouble.all)
  func noStorm(trouble: Trouble) async throws {
    let simulator = try await bench.simulator(lifetime: 30)
    try bench.configure(
      bench.profile(at: simulator.port, refresh: Self.refresh, socket: #"wait = "0s""#))
    let daemon = try bench.daemon()
    let good = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try simulator.set(faults: trouble.faults)
    try simulator.forgetRequests()
    daemon.process.send(SIGUSR1)

    let wanted = trouble.waits.count
    try await eventually("\(wanted) requests") { try simulator.requests().count >= wanted }
    let times = try simulator.requests().map(\.at)
    let waits = zip(times, times.dropFirst()).map { $1 - $0 }
    for (wait, least) in zip(waits, trouble.waits) { #expect(wait >= least, "of \(waits)") }
    #expect(!daemon.lines(with: trouble.message).isEmpty, "\(daemon.log)")
    let served = try await Reader.header(bench.socket)
    #expect(served == good, "the good token is still served")
    #expect(daemon.process.poll() == nil)
  }

  @Test("a redirect is never followed: the secret goes nowhere else")
  func redirect() async throws {
    let simulator = try await bench.simulator(lifetime: 30)
    let elsewhere = try await bench.simulator(port: 0, "elsewhere")
    try bench.configure(bench.profile(at: simulator.port, refresh: Self.refresh))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    for status in [301, 302, 303, 307, 308] {
      let place = "http://127.0.0.1:\(elsewhere.port)/api/apikeys/authenticate"
      try simulator.set(faults: #"{"status":\#(status),"redirect":"\#(place)"}"#)
      try simulator.forgetRequests()
      if status == 301 { daemon.process.send(SIGUSR1) }
      try await daemon.logs("the service redirects elsewhere (HTTP \(status))")
    }
    #expect(try elsewhere.requests().isEmpty)
    #expect(daemon.lines(with: "set base_url to where the API really is").count >= 5)
  }

  @Test("a refused connection is tried again in good time, not all the time, and found when it is back")
  func refusedConnection() async throws {
    var simulator = try await bench.simulator(lifetime: 30)
    try bench.configure(bench.profile(at: simulator.port, refresh: Self.refresh))
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    simulator.process.send(SIGTERM)
    _ = try await simulator.process.ended()
    daemon.process.send(SIGUSR1)
    let began = monotonic()
    try await daemon.logs("no connection with 127.0.0.1", times: 8)
    #expect(monotonic() - began > 2.5, "0.2 + 0.2 + 0.4 + 4 × 0.5 s at least")

    simulator = try await bench.simulator(lifetime: 30, port: simulator.port, "again")
    try await daemon.logs("recovered after")
    #expect(try await Reader.header(bench.socket) != first)
  }

  @Test("a service that hangs costs `timeout` and no more")
  func hang() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"hang":true,"times":1}"#)
    let api = """
      connect_timeout = "500ms"
      timeout = "1s"
      """
    try bench.configure(bench.profile(at: simulator.port, api: api))
    let began = monotonic()
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    #expect((1...5).contains(monotonic() - began))
    #expect(!daemon.lines(with: "no complete answer from 127.0.0.1 within 1").isEmpty, "\(daemon.log)")
  }
}
