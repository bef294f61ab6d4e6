import Glibc
import Testing

@Suite("Access lists over HTTP")
struct AccessTests {
  /// Asks as another user, by way of setpriv(1) and curl(1) where this is root. `uid`: numeric.
  private func ask(_ rig: Rig, as uid: Int, _ target: String, _ options: [String] = []) async throws -> (
    status: Int, body: String
  ) {
    let folder = rig.folder
    let curl =
      ["curl", "-sS", "-m", "5", "--unix-socket", rig.socket, "-w", "\n%{http_code}"] + options
      + ["http://localhost\(target)"]
    let command =
      geteuid() == 0
      ? ["setpriv", "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups"] + curl : curl
    let text = try await onThread { try Program.run(command, in: folder).output }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return (try #require(lines.last.flatMap { Int($0) }), lines.dropLast().joined(separator: "\n"))
  }

  /// Who the tests' own connections are seen as where this isn't root.
  private static let stranger = geteuid() == 0 ? 65_533 : Int(geteuid())
  private static let friend = geteuid() == 0 ? 65_532 : Int(geteuid())

  @Test("who isn't on the list gets 403 on every route of the profile, and doesn't see it in the list")
  func denied() async throws {
    let denying = #"allow_users = ["65532"]"#
    try await Rig.run(
      api: #"mode = "0666""#, socket: denying,
      more: { port in "" }
    ) { rig in
      let document =
        Rig.document(rig.folder, rig.port, api: #"mode = "0666""#, socket: denying)
        + Rig.profile("open", rig.folder, rig.port, socket: #"mode = "0666""#)
        + Rig.profile("closed", rig.folder, rig.port, socket: #"mode = "0600""#)
      try await rig.reload(document)
      try await rig.eventually("the other profile's token") {
        try await rig.ask("GET", "/readyz").status == 200
      }
      let path = "/v1/profiles/default"
      for target in [path, path + "/header", path + "/header?min_valid=1s", path + "/events"] {
        let answer = try await ask(rig, as: Self.stranger, target)
        #expect(answer.status == 403, "\(target)")
        #expect(answer.body.contains("access_denied"))
      }
      for target in [path + "/refresh", path + "/rejected"] {
        #expect(try await ask(rig, as: Self.stranger, target, ["-d", "JWT x"]).status == 403)
      }
      let closed = try await ask(rig, as: Self.stranger, "/v1/profiles/closed/header")
      // An ordinary user's own connections come from the owner of that socket.
      let isOwner = Self.stranger == Int(geteuid())
      #expect(
        closed.status == (isOwner ? 200 : 403), "who couldn't open its token socket gets nothing here either")
      let list = try await ask(rig, as: Self.stranger, "/v1/profiles")
      #expect(list.status == 200)
      #expect(!list.body.contains(#""default""#) && list.body.contains(#""closed""#) == isOwner)
      #expect(list.body.contains(#""open""#))
      #expect(try await ask(rig, as: Self.stranger, "/v1/profiles/open/header").status == 200)
      // Health and metrics name profiles but hold no secret.
      #expect(try await ask(rig, as: Self.stranger, "/readyz").status == 200)
      let metrics = try await ask(rig, as: Self.stranger, "/metrics").body
      #expect(metrics.contains(#"assetit_readers_denied_total{profile="default",socket="http"} 6"#))
      #expect(rig.log.text.contains("default: a reader was turned away"))
      #expect(try await rig.authentications() == 3)
    }
  }

  @Test("who is on it, and root, are served", .enabled(if: geteuid() == 0, "takes other users"))
  func allowed() async throws {
    try await Rig.run(
      api: #"mode = "0666""#, socket: "allow_users = [\"65532\"]\naudit = \"all\""
    ) { rig in
      let answer = try await ask(rig, as: Self.friend, "/v1/profiles/default/header")
      #expect(answer.status == 200)
      #expect(try await ask(rig, as: Self.friend, "/v1/profiles").body.contains(#""default""#))
      #expect(try await rig.header().hasPrefix("JWT "))
      // A field of each line repeats the message.
      try await rig.eventually("two entries of the audit") {
        rig.log.text.components("info: default: the header was given to") == 2
      }
    }
  }

  @Test("a reload that takes somebody off the list ends his events", .enabled(if: geteuid() != 0))
  func narrowed() async throws {
    try await Rig.run { rig in
      let events = try Events(rig.socket)
      _ = try events.next("header")
      try await rig.reload(
        Rig.document(rig.folder, rig.port, socket: #"allow_users = ["65532"]"#))
      #expect(try events.next() == nil)
    }
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
