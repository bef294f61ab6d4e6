import TokenCore

/// May the unit write to the folders of sockets and header files? Its hardening closes most of the host to it.
enum FolderCheck {
  static let properties = ["ReadWritePaths", "ProtectSystem", "ProtectHome", "PrivateTmp"]

  /// - Parameter unit: ``properties`` as `systemctl show` prints them.
  static func findings(_ configuration: Configuration, _ unit: [String: String]) -> [Finding] {
    let paths =
      configuration.profiles.flatMap { [$0.socket.path] + $0.files.map(\.path) }
      + [configuration.api.socketPath].compactMap { $0 }
    let folders = Set(paths.map(folder)).sorted()
    return folders.compactMap { finding($0, unit) }
  }

  private static func finding(_ folder: String, _ unit: [String: String]) -> Finding? {
    // A minus sign before a path lets it be missing, a plus sign means the unit's own root (systemd.exec(5)).
    let writable = (unit["ReadWritePaths"] ?? "").split(separator: " ").map {
      $0.drop { $0 == "-" || $0 == "+" }
    }
    if writable.contains(where: { isWithin(folder, String($0)) }) { return nil }
    let way = "choose another folder, such as /run/assetit-tokend"
    if unit["ProtectHome"].map({ $0 != "no" }) ?? false,
      ["/home", "/root", "/run/user"].contains(where: { isWithin(folder, $0) })
    {
      return .wrong("folder \(folder): the unit can't see it (ProtectHome=): \(way)", .configuration)
    }
    if unit["PrivateTmp"].map({ $0 != "no" }) ?? false,
      ["/tmp", "/var/tmp"].contains(where: { isWithin(folder, $0) })
    {
      return .wrong(
        "folder \(folder): the unit has one of its own there, which readers don't see (PrivateTmp=): \(way)",
        .configuration)
    }
    guard unit["ProtectSystem"] == "strict" else { return nil }
    return .wrong(
      "folder \(folder): it is read-only for the unit (ProtectSystem=strict): put [Service] and ReadWritePaths=\(folder)"
        + " into a drop-in (systemctl edit assetit-tokend), then systemctl restart assetit-tokend",
      .configuration)
  }

  private static func isWithin(_ path: String, _ folder: String) -> Bool {
    path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }

  private static func folder(_ path: String) -> String {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
  }
}
