internal import FoundationEssentials
internal import Glibc
package import LinuxSystem
package import TokenConfig
package import TokenCore

/// The configuration of a host as it is, and what belongs around it.
package struct Site: Sendable {
  package static let packagedPath = "/etc/assetit-tokend/config.toml"
  /// The example that the package installs, in the folders that it may be built for.
  private static let examples = [
    "/usr/share/assetit-tokend/config.toml", "/usr/local/share/assetit-tokend/config.toml",
  ]

  /// Where the file really is: a symbolic link is followed.
  package let path: String
  /// Whether it is the one that the packaged unit uses.
  package let isPackaged: Bool
  /// `nil`: there is no such file.
  package let text: ConfigurationText?
  package let owner: FileOwner
  /// Whether nobody has written anything into it yet.
  package let isExample: Bool

  package var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
  package var secretsFolder: String { folder + "/secrets" }

  /// - Throws: where there is something that can't be read.
  package init(configuration given: String) throws(SystemError) {
    isPackaged = given == Self.packagedPath
    path = Self.realPath(given)
    guard let found = FileTransaction.content(path) else {
      guard access(path, F_OK) != 0 else { throw SystemError("read", path) }
      text = nil
      isExample = true
      owner = Self.newOwner
      return
    }
    let text = ConfigurationText(found.content.text ?? "")
    self.text = text
    owner = found.owner
    isExample =
      text.hasNoSettings
      && (text.text.allSatisfy(\.isWhitespace)
        || Self.examples.contains { FileTransaction.content($0)?.content == found.content })
  }

  /// Loads a text as if it lay here. Secrets aren't looked at.
  ///
  /// - Throws: everything that is wrong with it.
  package func load(
    _ text: ConfigurationText, _ loader: ConfigurationLoader
  ) throws(ConfigurationProblems) -> Configuration {
    var loader = loader
    loader.checksSecrets = false
    return try loader.load(Array(text.text.utf8), as: path)
  }

  /// The service's group may read it, so that it may be closed to others.
  private static var newOwner: FileOwner {
    guard geteuid() == 0, let group = getgrnam("assetit-tokend") else {
      return FileOwner(user: geteuid(), group: getegid(), mode: 0o644)
    }
    return FileOwner(user: 0, group: group.pointee.gr_gid, mode: 0o640)
  }

  private static func realPath(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    // The file isn't there yet, but its folder may be.
    let slash = path.lastIndex(of: "/")
    let (folder, name) = (
      slash.map { String(path[..<$0]) } ?? ".", slash.map { path[$0...].dropFirst() } ?? path[...]
    )
    guard let real = realpath(folder.isEmpty ? "/" : folder, nil) else { return path }
    defer { free(real) }
    return String(cString: real) + "/" + name
  }
}
