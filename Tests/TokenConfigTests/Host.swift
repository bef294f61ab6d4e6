import Glibc
import TestSupport
import Testing
import TokenCore

@testable import TokenConfig

/// A temporary folder that stands for a host: `config.toml`, a runtime folder `run`, a secret. It goes with
/// its last reference.
final class Host {
  let folder: String
  var loader = ConfigurationLoader()

  static let secret = "s3cr3t-Zq9xW7vK2mN5"

  init() throws {
    var template = Array("/tmp/token-config.XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    folder = String(cString: made)
    try makeFolder("run")
    try write("secret", Self.secret + "\n", mode: 0o600)
    loader.runtimeDirectory = folder + "/run"
    loader.parser = TOMLProgram(path: BuiltProgram.daemon.path)
  }

  deinit {
    remove(folder)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func makeFolder(_ name: String, mode: mode_t = 0o755) throws {
    try #require(mkdir(path(name), 0o700) == 0)
    try #require(chmod(path(name), mode) == 0)
  }

  func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
    try write(name, Array(text.utf8), mode: mode)
  }

  func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    let file = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      try #require(count > 0)
      rest = rest.dropFirst(count)
    }
    try #require(fchmod(file, mode) == 0)
  }

  /// A profile that is in order; `keys` go into it, `more` after it.
  func profile(_ keys: String = "", more: String = "") -> String {
    """
    [profiles.default]
    base_url = "https://api.example"
    client_id = "id"
    client_secret_file = "\(path("secret"))"
    \(keys)
    \(more)
    """
  }

  func load(_ text: String) throws -> Configuration {
    try write("config.toml", text)
    return try loader.load(path: path("config.toml"))
  }

  /// The problems' lines; this host's folder reads `HOST`.
  func problems(_ text: String) throws -> [String] {
    try write("config.toml", text)
    return problems()
  }

  func problems() -> [String] {
    do {
      _ = try loader.load(path: path("config.toml"))
      return []
    } catch {
      return error.all.map { $0.description.replacing(folder, with: "HOST") }
    }
  }

  private func remove(_ path: String) {
    if let entries = opendir(path) {
      while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(entries)
    }
    Glibc.remove(path)
  }
}

/// Does something with the file permissions of the user nobody: setfsuid(2), which Glibc's module lacks, is
/// for this thread alone.
func asNobody<Result>(_ body: () throws -> Result) throws -> Result {
  let symbol = try #require(dlsym(nil, "setfsuid"))
  let setfsuid = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
  _ = setfsuid(65_534)
  defer { _ = setfsuid(0) }
  return try body()
}

let isRoot = geteuid() == 0
