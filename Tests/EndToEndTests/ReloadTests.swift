import Glibc
import TestSupport
import Testing

@Suite("SIGHUP", .turnstile)
struct ReloadTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Sends SIGHUP and waits for what came of it.
  private func reload(_ daemon: Daemon, expecting text: String) async throws {
    let before = daemon.lines(with: text).count
    daemon.process.send(SIGHUP)
    try await daemon.logs(text, times: before + 1)
  }

  @Test("with a broken configuration leaves everything as it was and names every problem")
  func broken() async throws {
    let simulator = try await bench.simulator()
    let good = bench.profile(at: simulator.port)
    try bench.configure(good)
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let inode = try Files.status(bench.socket).st_ino

    let broken = good.replacing("client_id = ", with: "client_idd = ") + "[profiles.Other]\nbase_url = 7\n"
    try bench.configure(broken)
    try await reload(daemon, expecting: "reload refused")
    try await daemon.logs("profiles.default.client_idd")
    let problems = [
      "config.toml: profiles.default.client_idd: ", "config.toml: profiles.default.client_id: is missing",
      "config.toml: profiles.Other: ",
    ]
    for problem in problems {
      #expect(daemon.lines(with: "reload refused").count { $0.contains(problem) } == 1, "\(daemon.log)")
    }
    #expect(daemon.lines(with: "reload refused").count == 3, "one line a problem")
    #expect(try await Reader.header(bench.socket) == header)
    #expect(try Files.read(bench.file) == Array(header.text.utf8))
    #expect(try Files.status(bench.socket).st_ino == inode)
    #expect(try simulator.requests().count == 1)

    try bench.configure(good)
    try await reload(daemon, expecting: "configuration reloaded; unchanged: 1")
    #expect(try await Reader.header(bench.socket) == header)
    #expect(try simulator.requests().count == 1)
  }

  @Test("that can't be applied in full, since a path is taken, isn't applied at all")
  func halfPossible() async throws {
    let simulator = try await bench.simulator()
    let good = bench.profile(at: simulator.port)
    try bench.configure(good)
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try Files.write("not a socket", to: bench.path("taken.sock"))
    let wanted =
      bench.profile(at: simulator.port, socket: #"mode = "0600""#)
      + bench.profile("added", at: simulator.port)
      + bench.profile("taken", at: simulator.port)
    try bench.configure(wanted)
    try await reload(daemon, expecting: "reload refused")
    #expect(!daemon.lines(with: "taken.sock, which is no socket").isEmpty)
    #expect(!Files.exists(bench.path("added.sock")), "what was announced is so")
    #expect(Files.text(bench.path("taken.sock")) == "not a socket")
    #expect(try Files.status(bench.socket).st_mode == S_IFSOCK | 0o660)
    #expect(try await Reader.header(bench.socket) == header)
    #expect(try simulator.requests().count == 1)
  }

  @Test("adds and removes profiles, and one that stays keeps its token without a request")
  func addAndRemove() async throws {
    let simulator = try await bench.simulator()
    let (stays, goes, comes) = ("stays", "goes", "comes")
    try bench.configure(bench.profile(stays, at: simulator.port) + bench.profile(goes, at: simulator.port))
    let daemon = try bench.daemon()
    let kept = try await Reader.firstHeader(bench.path("stays.sock"))
    _ = try await Reader.firstHeader(bench.path("goes.sock"))
    try await daemon.logs("ready: ")
    try simulator.forgetRequests()

    try bench.configure(bench.profile(stays, at: simulator.port) + bench.profile(comes, at: simulator.port))
    try await reload(daemon, expecting: "configuration reloaded; added: comes; removed: goes; unchanged: 1")
    let new = try await Reader.header(bench.path("comes.sock"))
    #expect(try simulator.accepts(new.text))
    #expect(try await Reader.header(bench.path("stays.sock")) == kept)
    #expect(Files.text(bench.path("stays.header")) == kept.text)
    try await eventually("the added profile's file") { Files.text(bench.path("comes.header")) == new.text }
    #expect(bench.outlets == ["comes.header", "comes.sock", "stays.header", "stays.sock"])
    #expect(try simulator.requests().count == 1, "only the added profile authenticated")
  }

  @Test("that names another file for the secret asks for a token only if the secret is another one")
  func movedSecret() async throws {
    let (simulator, daemon, header) = try await bench.ready()
    let good = bench.profile(at: simulator.port)
    let (same, other) = (bench.path("same-secret"), bench.path("other-secret"))
    try Files.write(Files.text(bench.secretPath), to: same)
    try bench.configure(good.replacing(bench.secretPath, with: same))
    try await reload(daemon, expecting: "configuration reloaded; changed: default")
    try simulator.change(secret: "another")
    try Files.write("another", to: other)
    try bench.configure(good.replacing(bench.secretPath, with: other))
    try await reload(daemon, expecting: "configuration reloaded; changed: default")
    try await eventually("a header of the other secret") { try await Reader.header(bench.socket) != header }
    #expect(try simulator.requests().count == 2, "the first, and one for the other secret")
  }

  @Test("moves socket and file, and gives the socket another mode and group")
  func changes() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let inode = try Files.status(bench.socket).st_ino

    let ownership = """
      mode = "0606"
      group = "\(OwnGroup.pair.1.name)"
      """
    try bench.configure(bench.profile(at: simulator.port, socket: ownership))
    try await reload(daemon, expecting: "configuration reloaded; changed: default")
    let socket = try Files.status(bench.socket)
    #expect(socket.st_mode == S_IFSOCK | 0o606)
    #expect(socket.st_gid == OwnGroup.pair.1.id)
    #expect(socket.st_ino == inode, "the same socket: nobody who is queued is turned away")

    let moved = """
      [[profiles.default.files]]
      path = "\(bench.path("moved.env"))"
      format = "env"
      """
    let path = bench.path("moved.sock")
    try bench.configure(bench.profile(at: simulator.port, socket: "path = \"\(path)\"", files: moved))
    try await reload(daemon, expecting: "configuration reloaded; changed: default")
    #expect(try await Reader.header(path) == header)
    #expect(bench.outlets == ["moved.env", "moved.sock"])
    #expect(Files.text(bench.path("moved.env")) == "ASSETIT_AUTHORIZATION=\"\(header.text)\"\n")
    #expect(try simulator.requests().count == 1)
  }

  @Test("with another service or secret fetches a new token and serves the old one until it is there")
  func otherService() async throws {
    let simulator = try await bench.simulator()
    let slow = try await bench.simulator(port: 0, "slow")
    try slow.set(faults: #"{"delay":1}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let old = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try bench.configure(bench.profile(at: slow.port))
    try await reload(daemon, expecting: "configuration reloaded; changed: default")
    #expect(try await Reader.header(bench.socket) == old)
    let new = try await eventually("the other service's token") {
      let header = try await Reader.header(bench.socket)
      return header == old ? nil : header
    }
    #expect(try slow.accepts(new.text))
    #expect(try simulator.requests().count == 1)
  }

  @Test(
    "fifty times, good and broken by turns, costs no descriptor, no thread and no request", .seesDescriptors)
  func fiftyTimes() async throws {
    let simulator = try await bench.simulator()
    let good = bench.profile(at: simulator.port)
    let added = bench.profile("added", at: simulator.port)
    try bench.configure(good)
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let descriptors = daemon.descriptorCount
    for round in 0..<50 {
      switch round % 3 {
      case 0:
        try bench.configure(good + added)
        try await reload(daemon, expecting: "reloaded; added: added")
      case 1:
        try bench.configure(good + "[nonsense]\n")
        try await reload(daemon, expecting: "reload refused")
      default:
        try bench.configure(good)
        try await reload(daemon, expecting: "reloaded; removed: added")
      }
    }
    try bench.configure(good)
    daemon.process.send(SIGHUP)
    try await eventually("as many descriptors as before (\(descriptors))") {
      daemon.descriptorCount <= descriptors
    }
    #expect(try await Reader.header(bench.socket) == header)
    try await eventually("no other socket") { bench.outlets == ["default.header", "default.sock"] }

    let threads = Files.names(in: "/proc/\(daemon.process.pid)/task").count
    #expect(threads < 20, "\(threads) threads")

    // Those that come faster than they are handled are as good as one.
    for _ in 0..<200 { daemon.process.send(SIGHUP) }
    #expect(try await Reader.header(bench.socket) == header)
    #expect(daemon.process.poll() == nil)
  }
}
