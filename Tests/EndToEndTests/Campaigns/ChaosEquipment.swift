import Glibc
import Synchronization
import TestSupport
import Testing

/// The daemon's standard error: a small pipe that is read into a file, or, for a while, isn't.
final class ChaosLog: Sendable {
  let path: String
  private let copy: String
  private let isPaused = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)

  init(path: String, copy: String) throws {
    self.path = path
    self.copy = copy
    try #require(mkfifo(path, 0o600) == 0)
    // For reading and writing, so that neither end waits for the other.
    let pipe = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    let file = open(copy, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    try #require(pipe >= 0 && file >= 0)
    // F_SETPIPE_SZ (fcntl(2)), which Glibc doesn't show.
    _ = fcntl(pipe, 1031, 4096)
    startThread { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      while let self, !self.isOver.load(ordering: .relaxed) {
        let isPaused = self.isPaused.load(ordering: .relaxed)
        let count = isPaused ? 0 : read(pipe, &buffer, buffer.count)
        if count > 0 { write(file, buffer, count) } else { usleep(5_000) }
      }
      close(pipe)
      close(file)
    }
  }

  deinit {
    isOver.store(true, ordering: .relaxed)
  }

  func pause() { isPaused.store(true, ordering: .relaxed) }
  func resume() { isPaused.store(false, ordering: .relaxed) }

  func copyHolds(_ text: String) -> Bool { Files.text(copy).contains(text) }
}

/// TLS before a simulator, with a certificate that can be changed for another authority's.
final class TLSFront: Sendable {
  let port: Int
  private let bench: Bench
  private let simulator: Simulator
  private let certificates: (own: String, other: String)
  private let process = Mutex<ChildProcess?>(nil)

  init(
    _ bench: Bench, before simulator: Simulator, certificate: String, otherCertificate: String
  ) async throws {
    self.bench = bench
    self.simulator = simulator
    certificates = (certificate, otherCertificate)
    port = simulator.port < 60_000 ? simulator.port + 1000 : simulator.port - 1000
    try await present(other: false)
  }

  func present(other: Bool) async throws {
    process.withLock { $0?.end() }
    let certificate = other ? certificates.other : certificates.own
    let listen = "OPENSSL-LISTEN:\(port),bind=127.0.0.1,reuseaddr,fork,verify=0,cert=\(certificate)"
    let started = try bench.start("socat", [listen, "TCP:127.0.0.1:\(simulator.port)"], as: "front")
    process.withLock { $0 = started }
    try await eventually("the front") { (try? ClientSocket(port: port)) != nil }
  }
}

/// A tmpfs of 64 KiB.
enum ChaosDisk {
  static func mount(_ path: String) -> Bool {
    Glibc.mount("tmpfs", path, "tmpfs", 0, "size=64k,mode=755") == 0
  }

  static func unmount(_ path: String) {
    umount2(path, Int32(MNT_DETACH))
  }

  static func makeReadOnly(_ path: String, _ isReadOnly: Bool) {
    let flags = UInt(MS_REMOUNT | (isReadOnly ? MS_RDONLY : 0))
    _ = Glibc.mount("tmpfs", path, "tmpfs", flags, "size=64k,mode=755")
  }

  static func fill(_ path: String) {
    let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    let block = [UInt8](repeating: 0, count: 4096)
    while write(file, block, block.count) > 0 {}
    close(file)
  }

  static func empty(_ path: String) { unlink("\(path)/filler") }
}

extension Bench {
  func campaignSecret(_ name: String) -> String { "\(folder)/secret-\(name)" }

  /// A simulator for one client ID, which is its name.
  func campaignSimulator(_ name: String, lifetime: Int) async throws -> Simulator {
    try Files.write(Self.secret + "\n", to: campaignSecret(name))
    let portFile = "\(folder)/\(name).port"
    let arguments = [
      "--listen", "127.0.0.1:0", "--lifetime", "\(lifetime)", "--client-id", name, "--secret-file",
      campaignSecret(name), "--port-file", portFile,
    ]
    let process = try start(BuiltProgram.simulator.path, arguments, as: "sim-\(name)")
    let port = try await eventually("the simulator's port") { Int(Files.text(portFile)) }
    return Simulator(process: process, port: port)
  }

  /// What the unit runs after a daemon that was killed.
  func cleanUp() async throws {
    let run = try start(
      BuiltProgram.daemon.path, ["clean-up"],
      environment: ["RUNTIME_DIRECTORY": runtime, "SERVICE_RESULT": "signal"], as: "clean-up")
    _ = try await run.ended()
  }
}
