import Glibc
import Testing

extension Trait where Self == ConditionTrait {
  /// For tests that count the daemon's descriptors: no dump can be made of it, which hides them from its own user too.
  static var seesDescriptors: Self { .enabled(if: geteuid() == 0, "only root sees the daemon's descriptors") }
}

extension Bench {
  /// Leaves the daemon this many numbers for more descriptors (prlimit(1), the soft limit).
  func limitDescriptors(of daemon: Daemon, free: Int) async throws {
    let taken = daemon.descriptors
    let numbers = (0...taken.count + free).filter { !taken.contains($0) }.prefix(free)
    let limit = try #require(numbers.last) + 1
    let arguments = ["--pid", "\(daemon.process.pid)", "--nofile=\(limit):"]
    #expect(try await start("prlimit", arguments, as: "prlimit").ended() == .exited(0))
  }

  /// A wrapper for ``daemon(_:environment:wrapper:as:error:)``: both limits of descriptors.
  static func descriptorLimit(_ limit: Int) -> [String] {
    ["/bin/sh", "-c", #"ulimit -n \#(limit); exec "$0" "$@""#]
  }
}

extension Daemon {
  /// Resident memory in bytes (proc(5), VmRSS).
  var residentBytes: Int { get throws { try statusField("VmRSS:") * 1024 } }

  /// Processor time of all its threads in seconds (proc(5), fields 14 and 15 of stat).
  var processorTime: Double {
    get throws {
      let text = Files.text("/proc/\(process.pid)/stat")
      let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
      try #require(fields.count > 13)
      return Double((Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }

  private func statusField(_ name: String) throws -> Int {
    let line = Files.text("/proc/\(process.pid)/status").split(separator: "\n").first { $0.hasPrefix(name) }
    return try #require(line.flatMap { Int($0.filter(\.isNumber)) })
  }
}
