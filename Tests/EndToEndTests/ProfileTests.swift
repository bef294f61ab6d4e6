import Glibc
import Testing

@Suite("Several profiles", .turnstile)
struct ProfileTests {
  private static let patient = """
    connect_timeout = "2s"
    timeout = "3s"
    """
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("one whose service hangs delays neither the other's readers nor its refreshes; then it is ready")
  func hanging() async throws {
    let simulator = try await bench.simulator(lifetime: 3)
    let hanging = try await bench.simulator(port: 0, "hanging")
    try hanging.set(faults: #"{"hang":true}"#)
    try bench.configure(
      bench.profile(at: simulator.port)
        + bench.profile("slow", at: hanging.port, api: Self.patient, socket: #"wait = "0s""#))
    let began = monotonic()
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    #expect(monotonic() - began < 2)
    #expect(daemon.lines(with: "ready: ").isEmpty, "the other one hasn't answered yet")
    #expect(try await Reader.read(bench.path("slow.sock")) == [])
    try await daemon.logs("default: new token", times: 2, within: .seconds(3))
    #expect(try await Reader.header(bench.socket) != first)
    try await daemon.logs("ready: 1 of 2 profiles have a valid token")
    #expect((2.5...8).contains(monotonic() - began))

    try hanging.clearFaults()
    _ = try await Reader.firstHeader(bench.path("slow.sock"))
  }

  @Test("each gets its own token, and the failure of one is nothing to the other")
  func apart() async throws {
    let good = try await bench.simulator()
    let broken = try await bench.simulator(port: 0, "broken")
    try broken.set(faults: #"{"status":401}"#)
    let (one, two) = ("one", "two")
    try bench.configure(bench.profile(one, at: good.port) + bench.profile(two, at: broken.port))
    let daemon = try bench.daemon()
    try await daemon.logs("ready: 1 of 2 profiles have a valid token")
    let header = try await Reader.firstHeader(bench.path("one.sock"))
    #expect(try good.accepts(header.text))
    #expect(try !broken.accepts(header.text))
    try await eventually("the file") { bench.outlets == ["one.header", "one.sock", "two.sock"] }
    #expect(daemon.process.poll() == nil, "after READY nothing but a stop ends it")
  }

  @Test("twenty of them are ready within seconds")
  func many() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":0.5}"#)
    let names = (1...20).map { "p\($0)" }
    try bench.configure(names.map { bench.profile($0, at: simulator.port) }.joined())
    let began = monotonic()
    let daemon = try bench.daemon()
    try await daemon.logs("ready: every profile has a valid token")
    #expect(monotonic() - began < 4, "not one after the other")
    let tokens = try await names.asyncMap { try await Reader.header(bench.path("\($0).sock")).token }
    #expect(Set(tokens).count == 20)
  }
}

extension Sequence {
  fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result]
  {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
