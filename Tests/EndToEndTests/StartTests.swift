import Glibc
import TestSupport
import Testing

@Suite("From the start to the header", .turnstile)
struct StartTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("the same header is on the socket and in the file, without a newline, and the service accepts it")
  func header() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()

    let header = try await Reader.firstHeader(bench.socket)
    try await bench.fileHolds(header)
    #expect(try simulator.accepts(header.text))
    #expect(try simulator.accepts("JWT " + header.token))
    #expect(try simulator.requests().count == 1)
    try await daemon.logs("ready: every profile has a valid token")
  }

  @Test("socket and file have the mode and group that are configured, and by default nothing for others")
  func ownership() async throws {
    let simulator = try await bench.simulator()
    let open = """
      mode = "0606"
      group = "\(OwnGroup.pair.0.name)"
      """
    let files = """
      [[profiles.open.files]]
      path = "\(bench.path("open.txt"))"
      mode = "0604"
      group = "\(OwnGroup.pair.1.name)"
      """
    try bench.configure(
      bench.profile(at: simulator.port)
        + bench.profile("open", at: simulator.port, socket: open, files: files))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    _ = try await Reader.firstHeader(bench.path("open.sock"))

    try await daemon.logs("ready: ")

    let socket = try Files.status(bench.path("open.sock"))
    #expect(socket.st_mode == S_IFSOCK | 0o606)
    #expect(socket.st_gid == OwnGroup.pair.0.id)
    let file = try Files.status(bench.path("open.txt"))
    #expect(file.st_mode == S_IFREG | 0o604)
    #expect(file.st_gid == OwnGroup.pair.1.id)
    #expect(file.st_uid == geteuid())
    #expect(try Files.status(bench.socket).st_mode == S_IFSOCK | 0o660)
    #expect(try Files.status(bench.file).st_mode == S_IFREG | 0o640)
  }

  @Test("every format of a file is as its readers need it, and no temporary file stays behind")
  func formats() async throws {
    let simulator = try await bench.simulator()
    let formats = ["header", "token", "curl", "env", "json"]
    let files = formats.map {
      """
      [[profiles.default.files]]
      path = "\(bench.path($0))"
      format = "\($0)"
      """
    }
    try bench.configure(bench.profile(at: simulator.port, files: files.joined(separator: "\n")))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try await eventually("all files") { bench.outlets == (formats + ["default.sock"]).sorted() }

    #expect(Files.text(bench.path("header")) == header.text)
    #expect(Files.text(bench.path("token")) == header.token)
    #expect(Files.text(bench.path("curl")) == "Authorization: \(header.text)\n")
    #expect(Files.text(bench.path("env")) == "ASSETIT_AUTHORIZATION=\"\(header.text)\"\n")
    let json = try JSONFile(Files.read(bench.path("json")))
    #expect(json.header == header.text)
    #expect(json.profile == "default")
    #expect(try json.seconds(of: json.expiresAt) == Double(header.expiresAt))
    #expect(try json.seconds(of: json.issuedAt) == Double(header.expiresAt - 3600))
    #expect(bench.outlets == (formats + ["default.sock"]).sorted())
  }

  @Test(
    "a token is found however the service wraps it",
    arguments: ["json-string", "object", "access_token", "accessToken", "jwt", "prefixed", "whitespace"])
  func shapes(shape: String) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"shape":"\#(shape)"}"#)
    try bench.configure(bench.profile(at: simulator.port))
    _ = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    #expect(try simulator.accepts(header.text))
  }

  @Test("a token in a place of its own is found by token_pointer, and header_prefix goes before it")
  func pointer() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"shape":"nested"}"#)
    let api = """
      token_pointer = "/data/jwt_token"
      header_prefix = "Bearer "
      """
    try bench.configure(bench.profile(at: simulator.port, api: api))
    _ = try bench.daemon()
    let text = try await eventually("a header") {
      let text = String(decoding: (try? await Reader.read(bench.socket)) ?? [], as: UTF8.self)
      return text.isEmpty ? nil : text
    }
    #expect(text.hasPrefix("Bearer ey"))
    #expect(try simulator.accepts("JWT " + text.dropFirst("Bearer ".count)))
  }
}
