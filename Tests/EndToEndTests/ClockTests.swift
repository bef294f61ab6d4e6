import Testing

private let compilers = ["clang", "cc", "gcc"]

/// The daemon with a time of day that is years wrong. A library in between (ld.so(8), LD_PRELOAD) shifts that one
/// clock only: faketime(1) rewrites the timers of all others too, which no kernel does.
@Suite(
  "A host whose clock is wrong", .turnstile,
  .enabled(
    if: compilers.contains(where: Files.isProgram), "needs a C compiler, which every Swift toolchain has"))
struct ClockTests {
  private static let source = """
    #define _GNU_SOURCE
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static long shift(void) { const char *s = getenv("CLOCK_SHIFT"); return s ? atol(s) : 0; }
    int clock_gettime(clockid_t clock, struct timespec *t) {
      int result = syscall(SYS_clock_gettime, clock, t);
      if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) t->tv_sec += shift();
      return result;
    }
    time_t time(time_t *t) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (t) *t = now.tv_sec;
      return now.tv_sec;
    }
    int gettimeofday(struct timeval *t, void *zone) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      t->tv_sec = now.tv_sec;
      t->tv_usec = now.tv_nsec / 1000;
      return 0;
    }
    """
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Starts the daemon with its clock `days` off.
  private func daemon(days: Int) async throws -> Daemon {
    let (source, library) = ("\(bench.folder)/clock.c", "\(bench.folder)/clock.so")
    try Files.write(Self.source, to: source)
    let compiler = try #require(compilers.first(where: Files.isProgram))
    let ending = try await bench.start(
      "/usr/bin/env", [compiler, "-shared", "-fPIC", "-o", library, source],
      environment: ["PATH": Files.searchPath], as: "compiler"
    ).ended()
    try #require(ending == .exited(0), "\(Files.text("\(bench.folder)/compiler.err"))")
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
