import Glibc
import Testing

@Suite("Answers as odd services and gateways send them", .turnstile)
struct AnswerTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test(
    "bring a header all the same",
    arguments: [
      #"{"content_type":"text/html; charset=utf-8"}"#, #"{"shape":"json-string","content_type":"text/html"}"#,
      #"{"encoding":"gzip"}"#, #"{"encoding":"deflate","shape":"object"}"#, #"{"shape":"empty-first"}"#,
      #"{"exp_as":"milliseconds"}"#, #"{"exp_as":"string"}"#, #"{"exp_as":"fraction"}"#,
      #"{"exp_as":"null"}"#,
      #"{"claims":{"iat":"today"}}"#, #"{"claims":{"iat":null}}"#, #"{"expires_in":"soon"}"#,
      #"{"date_skew":-1700000000}"#, #"{"date_skew":-1700000000,"without_iat":true}"#, #"{"nbf_skew":30}"#,
    ])
  func usable(faults: String) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await eventually("a header") {
      // The socket comes a moment after the process.
      let bytes = (try? await Reader.read(bench.socket)) ?? []
      return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
    #expect(header.hasPrefix("JWT eyJ"))
    #expect(try simulator.requests().count == 1)
    #expect(daemon.process.poll() == nil)
  }

  @Test(
    "bring none, say why, and end nothing",
    arguments: [
      (#"{"encoding":"x-unknown"}"#, "compressed in a way that cannot be read"),
      (#"{"claims":{"exp":"soon"}}"#, "token_format = \"opaque\""),
      (#"{"claims":{"exp":1700000000000000}}"#, "looks like microseconds"),
      (#"{"lifetime":400000000}"#, "expires in more than ten years"),
      (#"{"lifetime":-90000,"no_date":true,"without_iat":true}"#, "has expired already"),
      (
        #"{"date_skew":-1700000000,"lifetime":-5,"without_iat":true}"#,
        "two clocks that are more than a day apart"
      ),
      (#"{"body":"\#(String(repeating: "[", count: 513))"}"#, "nested deeper than 64 levels"),
      (#"{"nbf_skew":3600,"lifetime":600}"#, "becomes valid (nbf) only when it has ended"),
      (#"{"nbf_skew":300}"#, "valid (nbf) only from"),
    ])
  func unusable(faults: String, message: String) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    try await daemon.logs(message)
    #expect(daemon.lines(with: "ready: ").isEmpty)
    #expect(daemon.process.poll() == nil)
  }

  @Test("a refusal quotes the service's own words")
  func message() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(
      faults:
        #"{"status":401,"content_type":"application/json","body":"{\"message\":\"Key \#(Bench.secret) was deleted\"}"}"#
    )
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    try await daemon.logs(#"its answer says "Key … was deleted""#)
    #expect(try await daemon.process.ended() == .exited(77))
    #expect(!daemon.log.contains(Bench.secret))
  }
}
