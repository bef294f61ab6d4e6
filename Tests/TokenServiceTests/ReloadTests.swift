import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("A reload")
struct ReloadTests {
  @Test(
    "changes what its setting says and nothing else",
    arguments: [
      Row("nothing", []) { _ in },
      Row("client_id", [.credentials]) { $0.clientID = .inline(Secret("other")) },
      Row("client_secret", [.credentials]) { $0.clientSecret = .file("/secret") },
      Row("base_url", [.endpoint, .exchange]) { $0.exchange.baseURL = "https://b.example" },
      Row("authenticate_path", [.endpoint, .exchange]) { $0.exchange.authenticatePath = "/x" },
      Row("client_id_field", [.endpoint, .exchange]) { $0.exchange.clientIDField = "x" },
      Row("client_secret_field", [.endpoint, .exchange]) { $0.exchange.clientSecretField = "x" },
      Row("token_pointer", [.exchange]) { $0.exchange.tokenPointer = "/x" },
      Row("token_format", [.exchange]) { $0.exchange.tokenFormat = .opaque },
      Row("ca_file", [.exchange]) { $0.exchange.caFile = "/ca" },
      Row("proxy", [.exchange]) { $0.exchange.proxy = .url(Secret("http://proxy")) },
      Row("timeout", [.exchange]) { $0.exchange.timeout = .seconds(1) },
      Row("header_prefix", [.exchange, .header]) { $0.exchange.headerPrefix = "Bearer " },
      Row("refresh.at", [.policy]) { $0.refresh.at = 0.7 },
      Row("files", [.files]) { $0.files[0].mode = 0o600 },
      Row("files, none", [.files]) { $0.files = [] },
      Row("socket.group", [.socket]) { $0.socket.group = Group(name: "g", id: 1) },
      Row("socket.allow_units", [.socket]) { $0.socket.access.units = ["a.service"] },
    ])
  func change(row: Row) {
    let (old, other) = (makeProfile("default"), makeProfile("other"))
    let plan = ReloadPlan(
      from: makeConfiguration([old, other]),
      to: makeConfiguration([makeProfile("default", row.change), other]))
    #expect(plan.added == [])
    #expect(plan.removed == [])
    #expect(plan.changed.map(\.new.name) == (row.parts.isEmpty ? [] : ["default"]))
    #expect(plan.unchanged == (row.parts.isEmpty ? 2 : 1))
    #expect(plan.changed.first.map(Part.parts(of:)) ?? [] == row.parts)
  }

  @Test("adds and removes profiles by name")
  func addsAndRemoves() {
    let plan = ReloadPlan(
      from: makeConfiguration([makeProfile("a"), makeProfile("b")]),
      to: makeConfiguration([makeProfile("b"), makeProfile("c")]))
    #expect(plan.added.map(\.name) == ["c"])
    #expect(plan.removed == ["a"])
    #expect(plan.changed == [])
    #expect(plan.unchanged == 1)
  }

  @Test("never prints a secret with what it changes")
  func redacted() {
    let plan = ReloadPlan(
      from: makeConfiguration([makeProfile("a")]),
      to: makeConfiguration([makeProfile("a") { $0.clientSecret = .inline(Secret("geheim")) }]))
    #expect(!"\(plan)".contains("geheim"))
    #expect(!Notice.reloadApplied(plan).text.contains("geheim"))
  }

  enum Part: Sendable {
    case endpoint, credentials, exchange, policy, header, files, socket

    static func parts(of change: ReloadPlan.Change) -> Set<Part> {
      let all: [(Bool, Part)] = [
        (change.endpoint, .endpoint), (change.credentials, .credentials), (change.exchange, .exchange),
        (change.policy, .policy), (change.header, .header), (change.files, .files), (change.socket, .socket),
      ]
      return Set(all.filter(\.0).map(\.1))
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let parts: Set<Part>
    let change: @Sendable (inout ProfileConfiguration) -> Void

    init(
      _ name: String, _ parts: Set<Part>, _ change: @escaping @Sendable (inout ProfileConfiguration) -> Void
    ) {
      testDescription = name
      self.parts = parts
      self.change = change
    }
  }
}

@Suite("A change of sockets")
struct SocketChangeTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func profile(_ name: String, mode: UInt32 = 0o660) -> ProfileConfiguration {
    makeProfile(name) {
      $0.socket.path = folder.path("\(name).sock")
      $0.socket.mode = mode
    }
  }

  private func open(_ profiles: [ProfileConfiguration]) throws -> [String: ReaderSocket] {
    let opened = try SocketChange(from: [:], to: profiles).perform()
    return Dictionary(uniqueKeysWithValues: opened.map { ($0.listener.path, $0) })
  }

  private func mode(_ name: String) -> UInt32? { FileStatus(folder.path("\(name).sock"))?.mode }

  @Test("opens what is missing and gives the others their mode")
  func performs() throws {
    let current = try open([profile("a"), profile("b")])
    let opened = try SocketChange(from: current, to: [profile("a"), profile("b", mode: 0o600), profile("c")])
      .perform()
    #expect(opened.map { $0.listener.path } == [folder.path("c.sock")])
    #expect(opened.first?.assignment.profile == "c")
    #expect(["a", "b", "c"].map(mode) == [0o660, 0o600, 0o660])
  }

  @Test("undoes all of it where one step fails")
  func undoes() throws {
    let current = try open([profile("a"), profile("b")])
    write("in the way", to: folder.path("d.sock"))
    let error = #expect(throws: SystemError.self) {
      try SocketChange(
        from: current, to: [profile("a", mode: 0o600), profile("b"), profile("c"), profile("d")]
      ).perform()
    }
    #expect(error?.errno == EEXIST)
    #expect(["a", "b", "c"].map(mode) == [0o660, 0o660, nil])
    #expect(folder.names() == ["a.sock", "b.sock", "d.sock"])
    #expect(contents(folder.path("d.sock")) == "in the way")
  }

  @Test("gives back the mode of one whose own change fails half way")
  func undoesItself() throws {
    let current = try open([profile("a"), profile("b")])
    unlink(folder.path("b.sock"))
    #expect(throws: SystemError.self) {
      try SocketChange(from: current, to: [profile("a", mode: 0o600), profile("b", mode: 0o600)]).perform()
    }
    #expect(mode("a") == 0o660)
  }
}
