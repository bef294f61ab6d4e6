import Glibc
import LinuxSystem
import Testing
import TokenCore

@Suite("Sockets, reloads and the end")
struct ReloadTests {
  private func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  @Test("the socket has its mode, and a reload changes it")
  func mode() async throws {
    try await Rig.run(api: #"mode = "0600""#) { rig in
      #expect(status(rig.socket).map { $0.st_mode & 0o7777 } == 0o600)
      let open = try Wire(path: rig.socket)
      try await rig.reload(Rig.document(rig.folder, rig.port, api: #"mode = "0644""#))
      #expect(status(rig.socket).map { $0.st_mode & 0o7777 } == 0o644)
      try open.ask("GET", "/livez")
      #expect(try open.response().status == 200, "connections stay")
    }
  }

  @Test("a reload moves the socket and the TCP listener")
  func move() async throws {
    try await Rig.run { rig in
      let port = try freePort()
      let moved = "\(rig.folder)/moved.sock"
      try await rig.reload(
        Rig.document(
          rig.folder, rig.port, api: "socket = \"\(moved)\"\nmetrics_listen = \"127.0.0.1:\(port)\""))
      #expect(status(rig.socket) == nil)
      #expect(throws: Wire.Failure.self) { try Wire(path: rig.socket) }
      for target in ["/livez", "/readyz", "/metrics"] {
        let wire = try Wire(port: port)
        try wire.ask("GET", target)
        #expect(try wire.response().status == 200)
      }
      for (method, target) in [
        ("GET", "/v1/profiles"), ("GET", "/v1/profiles/default/header"),
        ("POST", "/v1/profiles/default/refresh"),
      ] {
        let wire = try Wire(port: port)
        try wire.ask(method, target)
        #expect(try wire.response().status == 404)
      }
      let wire = try Wire(path: moved)
      try wire.ask("GET", "/v1/profiles/default/header")
      #expect(try wire.response().status == 200)

      try await rig.reload(Rig.document(rig.folder, rig.port))
      #expect(status(moved) == nil)
      #expect(throws: Wire.Failure.self) { try Wire(port: port) }
      #expect(try await rig.header().hasPrefix("JWT "))
      #expect(try await rig.authentications() == 1)
    }
  }

  @Test("a reload whose metrics port is taken by another program is applied, and tokens are served")
  func taken() async throws {
    try await Rig.run { rig in
      let taken = try Taken()
      let api = "mode = \"0600\"\nmetrics_listen = \"127.0.0.1:\(taken.port)\""
      try await rig.reload(Rig.document(rig.folder, rig.port, api: api))
      #expect(!rig.log.text.contains("reload refused"))
      #expect(status(rig.socket).map { $0.st_mode & 0o7777 } == 0o600)
      #expect(try await rig.header().hasPrefix("JWT "))
    }
  }

  @Test("at the end who waits is told so, streams end, and the path is gone")
  func stop() async throws {
    var path = ""
    var waiting: Wire?
    var events: Events?
    try await Rig.run(
      socket: #"wait = "30s""#, faults: #"{"status":503}"#
    ) { rig in
      path = rig.socket
      let reader = try Wire(path: path)
      try reader.ask("GET", "/v1/profiles/default/header")
      waiting = reader
      let subscriber = try Events(path)
      #expect(try subscriber.next()?.name == "state")
      events = subscriber
      try await rig.eventually("both") {
        try await rig.ask("GET", "/metrics").text.contains("assetit_http_connections 3\n")
      }
    }
    let answer = try #require(try waiting?.response())
    #expect(answer.status == 503)
    #expect(answer.code == "stopping")
    #expect(answer.headers["retry-after"] == "1")
    while try events?.next() != nil {}
    #expect(status(path) == nil)
  }

  private func freePort() throws -> Int { try Taken.freePort() }
}

/// A TCP port on loopback that somebody else listens on.
final class Taken {
  let descriptor: Int32
  let port: Int

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { [descriptor] in
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, length)
        listen(descriptor, 1)
        getsockname(descriptor, $0, &length)
      }
    }
    port = Int(in_port_t(bigEndian: address.sin_port))
    try #require(port > 0)
  }

  deinit { close(descriptor) }

  /// A port that was free a moment ago.
  static func freePort() throws -> Int { try Taken().port }
}
