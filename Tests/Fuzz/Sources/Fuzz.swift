import CFuzzer
import Glibc

/// One program for all targets, so that everything is built and linked once: `fuzz TARGET`, then libFuzzer's own
/// arguments. `fuzz --list` names the targets.
///
/// A target gets any bytes and returns. A trap, an address that isn't ours, or a broken ``demand(_:_:)`` is a finding.
@main
enum Fuzz {
  typealias Target = @Sendable ([UInt8]) -> Void

  static let targets: [(name: String, run: Target)] = [
    ("answer", answer), ("claims", claims), ("client", client), ("configuration", configuration),
    ("dates", dates), ("http", http), ("pointers", pointers), ("stored", stored),
  ]

  /// libFuzzer calls a C function, which can't carry anything along.
  nonisolated(unsafe) private static var target: Target = { _ in }

  static func main() {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    if name == "--list" { return print(targets.map(\.name).joined(separator: "\n")) }
    guard let chosen = targets.first(where: { $0.name == name }) else {
      print("usage: fuzz TARGET [libFuzzer's arguments]; fuzz --list")
      exit(64)
    }
    target = chosen.run
    // Without the target's name.
    var arguments = CommandLine.unsafeArgv
    arguments[1] = arguments[0]
    arguments += 1
    var count = CommandLine.argc - 1
    exit(
      withUnsafeMutablePointer(to: &arguments) { arguments in
        arguments.withMemoryRebound(
          to: Optional<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>.self, capacity: 1
        ) { arguments in
          LLVMFuzzerRunDriver(&count, arguments) { data, size in
            Fuzz.target(Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
          }
        }
      })
  }

  /// What must hold, whatever comes.
  static func demand(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
  }
}
