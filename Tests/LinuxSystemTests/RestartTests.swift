import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@Suite("What outlives a process")
struct RestartTests {
  private let folder: TemporaryFolder
  private let owned = Ownership(mode: 0o660, group: nil)

  init() throws {
    folder = try TemporaryFolder()
  }

  private func adopt(_ socket: borrowing ListeningSocket, _ ownership: Ownership) throws -> ListeningSocket {
    try ListeningSocket(
      adopting: socket.descriptor.duplicate(), path: socket.path, ownership: ownership, isOwnPath: true)
  }

  @Test("A listening socket is taken over with those who are queued")
  func adopts() throws {
    let socket = try ListeningSocket(path: folder.path("s"), ownership: owned)
    let queued = try SocketClient(socket.path)
    #expect(ListeningSocket.boundPath(of: socket.descriptor) == socket.path)
    let next = try adopt(socket, owned)
    guard case .connection = next.accept() else {
      Issue.record("the queue was lost")
      return
    }
    _ = consume queued
  }

  @Test(
    "A listening socket is taken over when its queue is full",
    .enabled(if: DescriptorLimit.isHigh, "\(DescriptorLimit.remedy)"))
  func adoptsFull() throws {
    let socket = try ListeningSocket(path: folder.path("s"), ownership: owned)
    var queued: [Int32] = []
    defer { for descriptor in queued { close(descriptor) } }
    for _ in 0..<10_000 {
      guard let client = try? SocketClient(socket.path, waits: false) else { break }
      queued.append(client.release())
    }
    try #require(queued.count < 10_000)
    _ = try adopt(socket, owned)
  }

  @Test("One whose path has another mode, is gone or leads elsewhere isn't taken over")
  func refuses() async throws {
    let path = folder.path("s")
    let socket = try ListeningSocket(path: path, ownership: owned)
    #expect(throws: SystemError.self) { _ = try adopt(socket, Ownership(mode: 0o600, group: nil)) }
    // The manager may hold the old one for a while: its path is no hindrance.
    let replacement = try ListeningSocket(path: path, ownership: Ownership(mode: 0o600, group: nil))
    replacement.removePath()
    #expect(throws: SystemError.self) { _ = try adopt(socket, owned) }
    // The kernel tells sockets apart by who listens, so the other one has to be another process's.
    let flags = (folder.path("up"), folder.path("over"))
    async let other = #expect(processExitsWith: .success) {
      [path = path as String, up = flags.0 as String, over = flags.1 as String] in
      let socket = try ListeningSocket(path: path, ownership: Ownership(mode: 0o660, group: nil))
      FlagFile(up).raise()
      for _ in 0..<30_000 where !FlagFile(over).isThere { usleep(1_000) }
      _ = consume socket
    }
    // Not by blocking this thread, which the other process may need to be started.
    for _ in 0..<20_000 where !FlagFile(flags.0).isThere { try await Task.sleep(for: .milliseconds(1)) }
    try #require(FlagFile(flags.0).isThere)
    let error = #expect(throws: SystemError.self) { _ = try adopt(socket, owned) }
    #expect(error?.errno == ESTALE)
    FlagFile(flags.1).raise()
    _ = await other
  }

  @Test("What isn't a listening Unix stream socket with a path has none")
  func boundPath() throws {
    let file = try OwnedFD.spare()
    #expect(ListeningSocket.boundPath(of: file) == nil)
    let unbound = OwnedFD(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
    #expect(ListeningSocket.boundPath(of: unbound) == nil)
    listen(unbound.raw, 1)
    #expect(ListeningSocket.boundPath(of: unbound) == nil)
  }

  @Test("Only a socket's path is removed as one")
  func removesPath() throws {
    let path = folder.path("s")
    write("not yours", to: path)
    ListeningSocket.removePath(path)
    #expect(contents(path) == "not yours")
  }

  @Test("Sealed memory holds what it was given and can't be changed", arguments: [0, 1, 100_000])
  func sealed(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let memory = try SealedMemory.make(name: "test", holding: bytes)
    #expect(SealedMemory.contents(of: memory, limit: count) == bytes)
    if count > 0 { #expect(SealedMemory.contents(of: memory, limit: count - 1) == nil) }
    var byte: UInt8 = 9
    #expect(pwrite(memory.raw, &byte, 1, 0) == -1)
    #expect(ftruncate(memory.raw, 200_000) == -1)
    #expect(fcntl(memory.raw, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test("Memory that isn't sealed is refused, as is something else")
  func unsealed() throws {
    let path = folder.path("plain")
    write("text", to: path)
    let file = OwnedFD(open(path, O_RDONLY | O_CLOEXEC))
    #expect(SealedMemory.contents(of: file, limit: 100) == nil)
  }

  @Test("A file that is as it should be is known as such")
  func holds() throws {
    let file = PublishedFile(path: folder.path("h"), ownership: owned)
    let bytes = Secret("JWT a")
    #expect(file.holds(bytes) == nil)
    try file.replace(with: bytes)
    #expect(file.holds(bytes) != nil)
    #expect(file.holds(Secret("JWT b")) == nil)
    #expect(file.holds(Secret("JWT")) == nil)
    #expect(PublishedFile(path: file.path, ownership: Ownership(mode: 0o600, group: nil)).holds(bytes) == nil)
    symlink(file.path, folder.path("link"))
    #expect(PublishedFile(path: folder.path("link"), ownership: owned).holds(bytes) == nil)
    mkfifo(folder.path("fifo"), 0o660)
    #expect(PublishedFile(path: folder.path("fifo"), ownership: owned).holds(Secret("")) == nil)
  }

  @Test("The boot has a name, passed or the kernel's own")
  func bootID() {
    let own = BootID.current(environment: [:])
    #expect(own.utf8.count == 32)
    #expect(own == BootID.current(environment: ["ASSETIT_BOOT_ID": ""]))
    #expect(BootID.current(environment: ["ASSETIT_BOOT_ID": "passed"]) == "passed")
  }
}
