import Glibc
import Synchronization
import Testing

@Suite("Refreshes and outages", .turnstile)
struct RefreshTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("while tokens of four seconds come and go, every reader gets a whole one that hasn't expired")
  func alwaysValid() async throws {
    let simulator = try await bench.simulator(lifetime: 4)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")

    try await eventually("the file") { Files.exists(bench.file) }
    let watch = FileWatch(bench.file)
    async let seenInFile = onThread { try watch.run() }
    var seen = Set<String>()
    try await throughout(.seconds(9)) {
      let asked = timeOfDay()
      let header = try await Reader.header(bench.socket)
      try #require(Double(header.expiresAt) > asked)
      seen.insert(header.token)
    }
    watch.stop()
    let inFile = try await seenInFile
    #expect(seen.count >= 3, "\(seen.count) tokens in 9 s")
    #expect(inFile.tokens.count >= 3)
    #expect(inFile.looks > 1000)
    #expect(inFile.absences == 0, "a file that is replaced is never away")
    #expect(try simulator.requests().count < 12)
  }

  @Test("in an outage the last token is served to its end, then nothing, and recovery brings a new one")
  func outage() async throws {
    let simulator = try await bench.simulator(lifetime: 5)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "0s""#))
    let daemon = try bench.daemon()
    let good = try await Reader.firstHeader(bench.socket)
    try simulator.set(faults: #"{"status":503}"#)

    var lastSeen = 0.0
    try await eventually("an empty answer") {
      let asked = timeOfDay()
      let bytes = try await Reader.read(bench.socket)
      guard !bytes.isEmpty else { return true }
      try #require(Header(bytes) == good && Double(good.expiresAt) > asked)
      lastSeen = asked
      return false
    }
    #expect(lastSeen > Double(good.expiresAt) - 2.5, "served to its end")
    try await daemon.logs("the token has expired")
    #expect(!Files.exists(bench.file))
    #expect(try !simulator.requests().isEmpty)

    try simulator.clearFaults()
    let new = try await Reader.firstHeader(bench.socket)
    #expect(try simulator.accepts(new.text))
    try await bench.fileHolds(new)
    try await daemon.logs("readers had nothing meanwhile")
  }

  @Test("a short outage goes unnoticed by readers, and the log says so")
  func shortOutage() async throws {
    let simulator = try await bench.simulator(lifetime: 5)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "0s""#))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try simulator.set(faults: #"{"reset":true}"#)
    try await eventually("a failed attempt") {
      let bytes = try await Reader.read(bench.socket)
      #expect(!bytes.isEmpty)
      return !daemon.lines(with: "attempt 1 failed").isEmpty
    }
    try simulator.clearFaults()
    try await daemon.logs("readers had a valid token all the while")
    #expect(daemon.lines(with: "has expired").isEmpty)
  }
}

/// Reads a file over and over.
private final class FileWatch: Sendable {
  struct Result: Sendable {
    var looks = 0
    var absences = 0
    var tokens = Set<String>()
  }

  private let path: String
  private let isOver = Atomic<Bool>(false)

  init(_ path: String) {
    self.path = path
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  /// - Throws: where it holds anything but a whole header that hadn't expired when it was opened.
  func run() throws -> Result {
    var result = Result()
    while !isOver.load(ordering: .relaxed) {
      let asked = timeOfDay()
      result.looks += 1
      guard let bytes = try Files.content(path) else {
        result.absences += 1
        continue
      }
      let header = try Header(bytes)
      guard Double(header.expiresAt) > asked else { throw Header.Malformed(text: "expired") }
      result.tokens.insert(header.token)
      usleep(500)
    }
    return result
  }
}
