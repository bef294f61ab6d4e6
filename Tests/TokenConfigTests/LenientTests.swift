import Glibc
import TestSupport
import Testing
import TokenCore

@testable import TokenConfig

@Suite("What a start puts up with, and a check or reload refuses")
struct LenientTests {
  private let names = """
    [api]
    group = "nosuch-a"
    PROFILE
    [profiles.default.socket]
    group = "nosuch-b"
    allow_users = ["root", "nosuch-c"]
    [[profiles.default.files]]
    path = "RUN/x"
    group = "nosuch-d"
    """

  private func filled(_ text: String, _ host: Host) -> String {
    text.replacing("PROFILE", with: host.profile()).replacing("RUN", with: host.path("run"))
  }

  @Test("A check names each user and group that doesn't exist")
  func strictNames() throws {
    let host = try Host()
    #expect(
      try host.problems(filled(names, host)) == [
        "config.toml: api.group: there is no group \"nosuch-a\" on this host",
        "config.toml: profiles.default.socket.group: there is no group \"nosuch-b\" on this host",
        "config.toml: profiles.default.socket.allow_users[1]: there is no user \"nosuch-c\" on this host",
        "config.toml: profiles.default.files[0].group: there is no group \"nosuch-d\" on this host",
      ])
  }

  @Test(
    "A start takes them as data: an outlet has the service's own group, and a list with an unknown name stays a list"
  )
  func lenientNames() throws {
    let host = try Host()
    host.loader.isLenient = true
    let configuration = try host.load(filled(names, host))
    let path = host.path("run/x")
    #expect(
      configuration.unresolved == [
        UnresolvedName(.group("nosuch-a"), .apiGroup),
        UnresolvedName(.group("nosuch-b"), .socketGroup(profile: "default")),
        UnresolvedName(.user("nosuch-c"), .access(profile: "default")),
        UnresolvedName(.group("nosuch-d"), .fileGroup(profile: "default", path: path)),
      ])
    let profile = try #require(configuration.profiles.first)
    #expect(configuration.api.group == nil && profile.socket.group == nil)
    #expect(profile.socket.access.users == [0])
    #expect(profile.files.map(\.group) == [nil])

    let onlyUnknown = try host.load(
      host.profile(more: "[profiles.default.socket]\nallow_groups = [\"nosuch\"]"))
    #expect(onlyUnknown.profiles.first?.socket.access.isEmpty == false, "else everybody would be let in")
    #expect(onlyUnknown.profiles.first?.files == [])
  }

  @Test("The file beside a socket shares its unknown group")
  func defaultFile() throws {
    let host = try Host()
    host.loader.isLenient = true
    let configuration = try host.load(host.profile(more: "[profiles.default.socket]\ngroup = \"nosuch\""))
    #expect(
      configuration.unresolved.map(\.use) == [
        .socketGroup(profile: "default"),
        .fileGroup(profile: "default", path: host.path("run/default.header")),
      ])
  }

  @Test("All names are looked up at once, before anything is judged")
  func lookUp() throws {
    let host = try Host()
    host.loader.lookUpAccounts = { names in
      var ids: [AccountName: UInt32] = [:]
      for name in names { ids[name] = name == .user("root") ? 0 : getegid() }
      return ids
    }
    let configuration = try host.load(filled(names, host))
    #expect(configuration.unresolved == [])
    #expect(configuration.api.group == Group(name: "nosuch-a", id: getegid()))
    #expect(configuration.profiles.first?.socket.access.users == [0, getegid()])
  }

  @Test("Outlets in a folder that others can change are left out, and the others stay")
  func leftOut() throws {
    let host = try Host()
    try host.makeFolder("open", mode: 0o777)
    let open = host.path("open")
    let text = host.profile(
      more: """
        [profiles.default.socket]
        path = "\(open)/s"
        [[profiles.default.files]]
        path = "\(open)/f"
        [[profiles.default.files]]
        path = "\(host.path("run/f"))"
        """)
    #expect(try host.problems(text).count == 1)
    host.loader.isLenient = true
    let configuration = try host.load(text)
    #expect(configuration.leftOut.map(\.path) == ["\(open)/s", "\(open)/f"])
    #expect(
      configuration.leftOut.allSatisfy { $0.profile == "default" && $0.reason.contains("chmod o-w \(open)") })
    #expect(configuration.profiles.first?.files.map(\.path) == [host.path("run/f")])
    #expect(configuration.profiles.first?.socket.path == "\(open)/s")
  }

  @Test(
    "A start refuses what isn't a matter of time or of others: a folder that is missing, a value that is wrong"
  )
  func stillRefused() throws {
    let host = try Host()
    host.loader.isLenient = true
    let text = host.profile("socket.path = \"\(host.path("none/s"))\"\nsocket.mode = 1")
    #expect(try host.problems(text).count == 2)
  }
}

@Suite("Folders that a group may write", .enabled(if: isRoot, "needs root for chown"))
struct SharedFolderTests {
  @Test(
    "Members of another group can replace what readers get, which must be wanted", arguments: [false, true])
  func shared(isWanted: Bool) throws {
    let host = try Host()
    try host.makeFolder("team", mode: 0o2775)
    try #require(chown(host.path("team"), 0, 1) == 0 && chmod(host.path("team"), 0o2775) == 0)
    let line = "shared_folder = \(isWanted)"
    let text = """
      [api]
      socket = "\(host.path("team/api"))"
      \(line)
      \(host.profile())
      [profiles.default.socket]
      path = "\(host.path("team/s"))"
      \(line)
      [[profiles.default.files]]
      path = "\(host.path("team/f"))"
      \(line)
      """
    let lines = try host.problems(text)
    #expect(
      lines
        == (isWanted
          ? []
          : [
            "config.toml: api.socket: members of the group 1 can write to the folder HOST/team (mode 2775) and replace"
              + " what readers get: chmod g-w HOST/team, or shared_folder = true if you trust them with that"
          ]))
  }

  @Test("A folder of another user isn't fit, nor one on the way to it, shared or not")
  func foreign() throws {
    let host = try Host()
    try host.makeFolder("theirs", mode: 0o755)
    try host.makeFolder("theirs/inner", mode: 0o755)
    try #require(chown(host.path("theirs"), 12_345, 0) == 0)
    for path in ["theirs/s", "theirs/inner/s"] {
      let text = host.profile(
        "socket.path = \"\(host.path(path))\"\nsocket.shared_folder = true\nfiles = []")
      #expect(
        try host.problems(text) == [
          "config.toml: profiles.default.socket.path: the folder HOST/theirs (mode 0755) belongs to the user 12345, who"
            + " can replace what readers get: chown root HOST/theirs"
        ])
    }
  }

  @Test("A group with the permissions of everybody is no group")
  func everybody() throws {
    let host = try Host()
    try host.makeFolder("open", mode: 0o777)
    let text = host.profile(
      "socket.path = \"\(host.path("open/s"))\"\nsocket.shared_folder = true\nfiles = []")
    #expect(try host.problems(text).count == 1)
  }
}
