import Glibc
import Testing

@Suite(
  "A file's disk that is full or read-only", .turnstile, .enabled(if: geteuid() == 0, "needs root to mount"))
struct DiskTests {
  let bench: Bench
  let disk: Disk

  init() throws {
    bench = try Bench()
    disk = try Disk(bench)
  }

  private func configuration(_ simulator: Simulator) -> String {
    let file = """
      [[profiles.default.files]]
      path = "\(disk.path)/header"
      """
    return bench.profile(at: simulator.port, files: file)
  }

  @Test("socket readers go on, the log says it, the old header goes at its end, and comes back with room")
  func full() async throws {
    let simulator = try await bench.simulator(lifetime: 5)
    try bench.configure(configuration(simulator))
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    #expect(Files.text("\(disk.path)/header") == first.text)

    disk.fill()
    try await daemon.logs("No space left on device; readers of the socket are served all the same")
    #expect(Files.names(in: disk.path) == ["filler", "header"], "the old one is whole and still there")
    let next = try await Reader.header(bench.socket)
    #expect(next != first)
    try await eventually("the old header's end") {
      let asked = timeOfDay()
      disk.fill()
      let bytes = try Files.content("\(disk.path)/header")
      if let bytes {
        let header = try Header(bytes)
        try #require(Double(header.expiresAt) > asked)
        // The old one's end made room for a new one, just then.
        return header != first
      }
      return true
    }
    let served = try await Reader.header(bench.socket)
    #expect(try simulator.accepts(served.text))
    #expect(daemon.lines(with: "No space left").count < 5, "not with every try")

    disk.empty()
    try await daemon.logs("is as it should be again")
    try await eventually("the same in the file as on the socket") {
      try await Reader.header(bench.socket).text == Files.text("\(disk.path)/header")
    }
  }

  @Test(
    "one that becomes read-only costs nothing but the file, and a start with it is refused with the reason")
  func readOnly() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(configuration(simulator))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try disk.remount(readOnly: true)
    daemon.process.send(SIGUSR1)
    try await daemon.logs(
      "Read-only file system (the folder is read-only for the service: add ReadWritePaths=")
    let header = try await Reader.header(bench.socket)
    #expect(try simulator.accepts(header.text))

    let second = try bench.daemon(as: "second")
    #expect(try await second.process.ended() == .exited(78))
    #expect(second.lines(with: "files[0].path: ").contains { $0.contains("ReadWritePaths=") })
    try disk.remount(readOnly: false)
    try await eventually("the file") { Files.text("\(disk.path)/header") == header.text }
  }

  @Test("a directory that isn't there is made good for when it comes")
  func directory() async throws {
    let simulator = try await bench.simulator()
    let folder = bench.path("later")
    mkdir(folder, 0o755)
    let file = "[[profiles.default.files]]\npath = \"\(folder)/header\"\n"
    try bench.configure(bench.profile(at: simulator.port, files: file))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    // At once: where the file went before its folder, the daemon could put it back in between.
    rename(folder, bench.path("gone"))
    daemon.process.send(SIGUSR1)
    try await daemon.logs("No such file or directory")
    // The folder's end alone has the daemon try to write the old header again; the new one is what should come.
    let new = try await eventually("another header") {
      let now = try await Reader.header(bench.socket)
      return now == header ? nil : now
    }
    mkdir(folder, 0o755)
    try await daemon.logs("is as it should be again")
    #expect(Files.text("\(folder)/header") == new.text)
  }
}

/// A tiny file system of a test's own (tmpfs(5)); the bench unmounts it.
struct Disk: Sendable {
  let path: String

  init(_ bench: Bench) throws {
    let path = "\(bench.folder)/disk"
    self.path = path
    mkdir(path, 0o755)
    let result = mount("tmpfs", path, "tmpfs", 0, "size=64k,nr_inodes=8,mode=0755")
    try #require(result == 0, "cannot mount a tmpfs here: \(String(cString: strerror(errno)))")
    bench.atEnd { umount2(path, Int32(MNT_DETACH)) }
  }

  /// Takes what room there is.
  func fill() {
    let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let zeros = [UInt8](repeating: 0, count: 4096)
    while write(file, zeros, zeros.count) > 0 {}
    close(file)
  }

  func empty() {
    unlink("\(path)/filler")
  }

  func remount(readOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    let result = mount("tmpfs", path, "tmpfs", flags, "size=64k,nr_inodes=8")
    try #require(result == 0, "cannot remount: \(String(cString: strerror(errno)))")
  }
}
