internal import Glibc

/// The daemon's unit, by what systemctl(1) says of it.
package struct ServiceUnit: Sendable {
  package static let name = "assetit-tokend.service"
  private static let patience = Duration.seconds(10)

  private let systemctl: SystemProgram

  /// `nil` if this host doesn't run systemd (sd_booted(3)).
  ///
  /// - Throws: where it does, but has no systemctl.
  package init?() throws(SystemError) {
    guard access("/run/systemd/system", F_OK) == 0 else { return nil }
    systemctl = try SystemProgram("systemctl")
  }

  /// The unit's properties of these names; those that systemd doesn't know are missing.
  ///
  /// - Throws: ``SystemError``; EIO where systemctl fails.
  package func properties(_ names: [String]) throws(SystemError) -> [String: String] {
    Self.properties(
      String(
        decoding: try output(["show", "--property=" + names.joined(separator: ","), Self.name]), as: UTF8.self
      ))
  }

  /// What it loads as credentials.
  ///
  /// - Throws: as ``properties(_:)``.
  package func credentials() throws(SystemError) -> LoadedCredentials {
    LoadedCredentials(unitText: String(decoding: try output(["cat", Self.name]), as: UTF8.self))
  }

  /// Has systemd do something with the unit, such as `enable` or `restart`.
  ///
  /// - Returns: `nil`, or what systemctl says where that failed.
  package func order(_ verb: String, _ options: [String] = [], limit: Duration = patience) throws(SystemError)
    -> String?
  {
    let result = try systemctl.run([verb] + options + [Self.name], limit: limit)
    return result.exitCode == 0 ? nil : String(decoding: result.error, as: UTF8.self)
  }

  /// `KEY=VALUE` lines.
  package static func properties(_ text: String) -> [String: String] {
    let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
      guard let equals = line.firstIndex(of: "=") else { return nil }
      return (String(line[..<equals]), String(line[equals...].dropFirst()))
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private func output(_ arguments: [String]) throws(SystemError) -> [UInt8] {
    let result = try systemctl.run(arguments, limit: Self.patience)
    guard result.exitCode == 0 else { throw SystemError("ask systemctl about", Self.name, errno: EIO) }
    return result.output
  }
}
