import Glibc
import Testing
import TokenCore

@testable import TokenConfig

@Suite("Paths of sockets and files")
struct PathTests {
  @Test(
    "are taken once",
    arguments: [
      "run/default.sock", "run//default.sock", "run/./default.sock", "run/../run/default.sock",
      "link/default.sock",
    ])
  func duplicate(path: String) throws {
    let host = try Host()
    try #require(symlink(host.path("run"), host.path("link")) == 0)
    let inFile = host.profile(more: "[[profiles.default.files]]\npath = \"\(host.path(path))\"")
    #expect(
      try host.problems(inFile) == [
        "config.toml: profiles.default.files[0].path: HOST/\(path) is the path of profiles.default.socket.path already"
      ])
    let inAPI = "[api]\nsocket = \"\(host.path(path))\"\n" + host.profile()
    #expect(
      try host.problems(inAPI) == [
        "config.toml: profiles.default.socket.path: HOST/run/default.sock is the path of api.socket already"
      ])
  }

  @Test("of two profiles are two")
  func twoProfiles() throws {
    let host = try Host()
    let other = host.profile().replacing("profiles.default", with: "profiles.other")
    #expect(try host.problems(host.profile() + other) == [])
    let same = other + "\n[profiles.other.socket]\npath = \"\(host.path("run/default.sock"))\""
    #expect(
      try host.problems(host.profile() + same) == [
        "config.toml: profiles.other.socket.path: HOST/run/default.sock is the path of profiles.default.socket.path"
          + " already"
      ])
    let api = host.profile().replacing("profiles.default", with: "profiles.api")
    #expect(
      try host.problems(api) == [
        "config.toml: profiles.api.socket.path: HOST/run/api.sock is the path of api.socket already"
      ])
  }

  @Test("of sockets have 107 bytes at most")
  func length() throws {
    let host = try Host()
    let folder = host.path("run/")
    let fits = folder + String(repeating: "x", count: 107 - folder.utf8.count)
    #expect(try host.problems(host.profile("socket.path = \"\(fits)\"")) == [])
    #expect(
      try host.problems(host.profile("socket.path = \"\(fits)x\"")) == [
        "config.toml: profiles.default.socket.path: must have at most 107 bytes (unix(7)), not 108"
      ])
  }

  @Test("lie in a folder that exists, told once")
  func missingFolder() throws {
    let host = try Host()
    host.loader.runtimeDirectory = host.path("none")
    #expect(
      try host.problems(host.profile()) == [
        "config.toml: profiles.default.socket.path: the folder HOST/none does not exist: create it"
          + " (systemd-tmpfiles --create makes the packaged one)"
      ])
  }

  @Test("the HTTP socket that nobody named needs no folder, one that somebody named does")
  func missingDefaultFolder() throws {
    let host = try Host()
    host.loader.runtimeDirectory = host.path("none")
    let profile = host.profile("socket.path = \"\(host.path("run/x.sock"))\"")
    #expect(try host.problems(profile) == [])
    #expect(
      try host.problems("[api]\nsocket = \"\(host.path("none/api.sock"))\"\n" + profile) == [
        "config.toml: api.socket: the folder HOST/none does not exist: create it (systemd-tmpfiles --create makes the"
          + " packaged one)"
      ])
  }

  @Test("lie in a folder that nobody else may change")
  func folders() throws {
    let host = try Host()
    try host.makeFolder("open", mode: 0o777)
    try host.makeFolder("sticky", mode: 0o1777)
    let problems = [
      "open":
        "anybody can write to the folder HOST/open (mode 0777) and replace what readers get: chmod o-w HOST/open, or"
        + " choose another folder",
      "sticky":
        "anybody can write to the folder HOST/sticky (mode 1777) and replace what readers get: chmod o-w HOST/sticky, or"
        + " choose another folder",
      "secret": "HOST/secret is not a folder",
    ]
    for folder in ["open", "sticky", "secret"] {
      let lines = try host.problems(host.profile("socket.path = \"\(host.path(folder))/x.sock\"\nfiles = []"))
      #expect(
        lines
          == [problems[folder].map { "config.toml: profiles.default.socket.path: \($0)" }].compactMap { $0 })
    }
  }

  @Test("lie in a folder that the service may write to", .enabled(if: isRoot, "root tries it as nobody"))
  func notWritable() throws {
    let host = try Host()
    try #require(chmod(host.folder, 0o755) == 0)
    try #require(chown(host.path("secret"), 65_534, 0) == 0)
    host.loader.checksSecrets = false
    try host.write("config.toml", host.profile())
    #expect(
      try asNobody { host.problems() } == [
        "config.toml: api.socket: the service may not write to the folder HOST/run (Permission denied)"
      ])
  }

  @Test("are no folders")
  func folder() throws {
    let host = try Host()
    try host.makeFolder("run/x.sock")
    #expect(
      try host.problems(host.profile("socket.path = \"\(host.path("run/x.sock"))\"")) == [
        "config.toml: profiles.default.socket.path: HOST/run/x.sock is a folder: name a path in it"
      ])
  }

  @Test("get no group that the service isn't in", .enabled(if: !isRoot, "root may give files to every group"))
  func foreignGroup() throws {
    let host = try Host()
    #expect(
      try host.problems(host.profile("socket.group = 0")) == [
        "config.toml: profiles.default.socket.group: the service may not give files to the group \"0\": make its"
          + " user a member"
      ])
  }
}
