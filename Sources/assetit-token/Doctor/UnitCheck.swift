import Glibc
import LinuxSystem

/// Does systemd have the daemon's unit, and is it running?
enum UnitCheck {
  private static let unit = "assetit-tokend.service"

  static func run() -> [Finding] {
    // sd_booted(3)
    guard access("/run/systemd/system", F_OK) == 0 else {
      return [.skipped("unit: this host doesn't run systemd")]
    }
    guard
      let shown = try? SystemProgram("systemctl").run(
        ["show", "--property=LoadState,ActiveState,StatusText,Result", unit], limit: .seconds(5)),
      shown.exitCode == 0
    else { return [.skipped("unit: systemctl doesn't answer")] }
    return [finding(properties(String(decoding: shown.output, as: UTF8.self)))]
  }

  static func properties(_ text: String) -> [String: String] {
    let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
      guard let equals = line.firstIndex(of: "=") else { return nil }
      return (String(line[..<equals]), String(line[equals...].dropFirst()))
    }
    return Dictionary(pairs) { first, _ in first }
  }

  static func finding(_ properties: [String: String]) -> Finding {
    let says = properties["StatusText"].flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
    if properties["LoadState"] == "not-found" {
      return .wrong("unit: there is no \(unit): install the package", .unavailable)
    }
    switch properties["ActiveState"] {
    case "active"?: return .ok("unit: \(unit) is active\(says)")
    case "activating"?:
      return .wrong(
        "unit: \(unit) is still starting\(says): journalctl -u assetit-tokend says why", .unavailable)
    case "failed"?:
      let result = properties["Result"] ?? "unknown"
      return .wrong(
        "unit: \(unit) has failed (\(result)): journalctl -xeu assetit-tokend says why and what to do",
        .unavailable)
    default:
      return .wrong("unit: \(unit) isn't running: systemctl enable --now assetit-tokend", .unavailable)
    }
  }
}
