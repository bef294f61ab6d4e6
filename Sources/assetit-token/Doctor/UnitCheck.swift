import LinuxSystem

/// Does systemd have the daemon's unit, and is it running?
enum UnitCheck {
  private static let unit = ServiceUnit.name
  private static let properties = ["LoadState", "ActiveState", "StatusText", "Result", "ExecMainStatus"]

  /// - Parameter unit: `nil`: this host doesn't run systemd.
  static func run(_ unit: ServiceUnit?) -> Finding {
    guard let unit else { return .skipped("unit: this host doesn't run systemd") }
    do throws(SystemError) {
      return finding(try unit.properties(properties))
    } catch {
      return .skipped("unit: \(error)")
    }
  }

  static func finding(_ properties: [String: String]) -> Finding {
    let text = properties["StatusText"] ?? ""
    let says = text.isEmpty ? "" : " (\(text))"
    if properties["LoadState"] == "not-found" {
      return .wrong("unit: there is no \(unit): install the package", .unavailable)
    }
    switch properties["ActiveState"] {
    case "active"?: return .ok("unit: \(unit) is active\(says)")
    case "activating"?:
      return .wrong(
        "unit: \(unit) is still starting\(says): journalctl -u assetit-tokend says why", .unavailable)
    case "failed"?: return failed(properties, text)
    default:
      return .wrong("unit: \(unit) isn't running: systemctl enable --now assetit-tokend", .unavailable)
    }
  }

  /// On 64, 77 and 78 systemd doesn't start it again: it has given up on something that must be changed first.
  private static func failed(_ properties: [String: String], _ text: String) -> Finding {
    let code = properties["ExecMainStatus"].flatMap { Int32($0) } ?? 0
    let meaning: (text: String, status: ExitStatus) =
      switch code {
      case 64: ("its command line is wrong", .usage)
      case 77: ("AssetIT refused the credentials, or the system refused the service something", .noPermission)
      case 78: ("it can't work with the configuration", .configuration)
      default: (properties["Result"] ?? "unknown", .unavailable)
      }
    let reason = text.isEmpty ? "" : ": \(text)"
    let next =
      [64, 77, 78].contains(code)
      ? "put it right, then systemctl start assetit-tokend" : "journalctl -xeu assetit-tokend"
    return .wrong(
      "unit: \(unit) has given up (exit code \(code): \(meaning.text))\(reason). Next: \(next)",
      meaning.status)
  }
}
