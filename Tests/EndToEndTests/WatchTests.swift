import Glibc
import Testing

@Suite("Sockets and files that somebody changes, and an idle daemon", .turnstile)
struct WatchTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func running() async throws -> (Simulator, Daemon, Header) {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try await bench.fileHolds(header)
    return (simulator, daemon, header)
  }

  @Test(
    "A header file that is deleted, overwritten, chmod-ed or replaced by a link is put right at once, with the same token",
    arguments: ["delete", "overwrite", "chmod", "link"])
  func file(act: String) async throws {
    let (simulator, daemon, header) = try await running()
    switch act {
    case "delete": unlink(bench.file)
    case "overwrite": try Files.write("somebody's", to: bench.file)
    case "chmod": chmod(bench.file, 0o666)
    default:
      unlink(bench.file)
      symlink("/etc/hostname", bench.file)
    }
    try await eventually("the header in its file, as it should be", within: .seconds(3)) {
      guard let status = try? Files.status(bench.file) else { return false }
      return Files.text(bench.file) == header.text && status.st_mode == S_IFREG | 0o640
    }
    try await daemon.logs("\(bench.file) was removed or changed by somebody")
    #expect(try simulator.requests().count == 1)
    #expect(try await Reader.header(bench.socket) == header)
  }

  @Test("A token socket that is deleted or chmod-ed is put right at once", arguments: ["delete", "chmod"])
  func socket(act: String) async throws {
    let (simulator, daemon, header) = try await running()
    if act == "delete" { unlink(bench.socket) } else { chmod(bench.socket, 0o600) }
    try await eventually("the socket as it should be", within: .seconds(3)) {
      (try? Files.status(bench.socket))?.st_mode == S_IFSOCK | 0o660
    }
    try await daemon.logs("\(bench.socket) was removed or changed by somebody")
    #expect(try await Reader.header(bench.socket) == header)
    #expect(try simulator.requests().count == 1)
  }

  @Test("A secret behind swapped links, as Kubernetes mounts it, is picked up at once")
  func links() async throws {
    let new = "s3cret-AFTER-the-swap-5117"
    let simulator = try await bench.simulator()
    let mounted = "\(bench.folder)/mounted"
    for (version, secret) in [("..1", Bench.secret), ("..2", new)] {
      mkdir(mounted, 0o755)
      mkdir("\(mounted)/\(version)", 0o755)
      try Files.write(secret, to: "\(mounted)/\(version)/secret")
    }
    symlink("..1", "\(mounted)/..data")
    symlink("..data/secret", "\(mounted)/secret")
    try bench.configure(
      bench.profile(at: simulator.port).replacing(bench.secretPath, with: "\(mounted)/secret"))
    let daemon = try bench.daemon()
    let old = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try simulator.change(secret: new)
    symlink("..2", "\(mounted)/..new")
    rename("\(mounted)/..new", "\(mounted)/..data")
    try await daemon.logs("the client ID or secret has changed", within: .seconds(5))
    try await eventually("another token") { try await Reader.header(bench.socket) != old }
  }

  @Test("A daemon that has nothing to do doesn't wake")
  func idle() async throws {
    let (_, daemon, _) = try await running()
    // What follows the start has been done.
    try await Task.sleep(for: .seconds(1))
    let before = Self.switches(daemon.process.pid)
    try await Task.sleep(for: .seconds(5))
    let after = Self.switches(daemon.process.pid)
    #expect(after == before)
  }

  /// How often each thread has gone to sleep (`voluntary_ctxt_switches`, proc(5)).
  private static func switches(_ pid: pid_t) -> [String: Int] {
    let tasks = Files.names(in: "/proc/\(pid)/task").map { task -> (String, Int) in
      let status = Files.text("/proc/\(pid)/task/\(task)/status").split(separator: "\n")
      let name = status.first { $0.hasPrefix("Name:") }.map { $0.dropFirst(6) } ?? ""
      let count = status.first { $0.hasPrefix("voluntary_ctxt_switches:") }.flatMap {
        Int($0.split(separator: "\t")[1])
      }
      return ("\(name) \(task)", count ?? -1)
    }
    return Dictionary(uniqueKeysWithValues: tasks)
  }
}
