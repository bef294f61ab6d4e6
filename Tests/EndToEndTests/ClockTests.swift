import Testing

/// The daemon with a time of day that is years wrong.
@Suite(
  "A host whose clock is wrong", .turnstile,
  .enabled(
    if: ClockLibrary.compiler != nil, "needs a C compiler, which every Swift toolchain has"))
struct ClockTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Starts the daemon with its clock `days` off.
  private func daemon(days: Int) async throws -> Daemon {
    let library = try await bench.clockLibrary()
    return try bench.daemon(
      environment: ["LD_PRELOAD": library, "CLOCK_SHIFT": "\(days * 86_400)"])
  }

  @Test(
    "gets a header, refreshes it in time and serves none that has expired", arguments: [400, -400, -20_000])
  func wrong(days: Int) async throws {
    let simulator = try await bench.simulator(lifetime: 4)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "0s""#))
    let daemon = try await daemon(days: days)
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let year = days == 400 ? 2027...2200 : days == -400 ? 2020...2200 : 1965...2150
    let text = try #require(daemon.lines(with: "valid until ").first?.split(separator: "valid until ").last)
    #expect(year.contains(Int(text.prefix(4)) ?? 0), "the log speaks in this host's time: \(text)")

    var seen = Set<String>()
    try await throughout(.seconds(5)) {
      let asked = timeOfDay()
      let header = try await Reader.header(bench.socket)
      try #require(Double(header.expiresAt) > asked)
      seen.insert(header.token)
    }
    #expect((2...4).contains(seen.count), "tokens in 5 s")
    #expect(try simulator.requests().count <= 5)

    try simulator.set(faults: #"{"status":500}"#)
    try await daemon.logs("the token has expired")
    #expect(try await Reader.read(bench.socket) == [])
    #expect(!Files.exists(bench.file))
  }

  @Test("a service whose clock is wrong changes nothing either: its Date and its claims agree")
  func wrongService() async throws {
    let simulator = try await bench.simulator(lifetime: 4)
    let faults = #"{"date_skew":-86400,"exp_skew":-86400,"iat_skew":-86400}"#
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    #expect(Double(first.expiresAt) < timeOfDay() - 80_000)
    try await daemon.logs("new token", times: 3, within: .seconds(12))
    #expect(daemon.lines(with: "failed").isEmpty)
    #expect(daemon.lines(with: "has expired").isEmpty)
  }
}
