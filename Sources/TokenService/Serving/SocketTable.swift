import DaemonCore
import Glibc
import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// The listening sockets of this process, by the numbers that the machine gives them. Opening, looking at and removing
/// them are jobs, which may hang.
final class SocketTable: Sendable {
  /// A listening socket with a path.
  final class Unix: Sendable {
    let listener: ListeningSocket
    /// Made by systemd for a socket unit: it isn't ours to change or to remove.
    let isActivated: Bool

    init(_ listener: consuming ListeningSocket, isActivated: Bool) {
      self.listener = listener
      self.isActivated = isActivated
    }
  }

  enum Entry: Sendable {
    /// Passed at the start, and not in use yet.
    case passed(DescriptorStore.Passed)
    case unix(Unix)
    case tcp(DescriptorStore.Passed)
  }

  private let entries = Mutex<[SocketID: Entry]>([:])

  subscript(socket: SocketID) -> Entry? { entries.withLock { $0[socket] } }

  func add(_ socket: SocketID, _ entry: Entry) { entries.withLock { $0[socket] = entry } }

  /// It is closed when nothing else uses it.
  func remove(_ socket: SocketID) { entries.withLock { _ = $0.removeValue(forKey: socket) } }

  /// A descriptor of its own, for the descriptor store or a server.
  func duplicate(_ socket: SocketID) throws(SystemError) -> OwnedFD {
    switch self[socket] {
    case .passed(let passed), .tcp(let passed): return try passed.descriptor.duplicate()
    case .unix(let unix): return try unix.listener.descriptor.duplicate()
    case nil: throw SystemError("use", "a socket that is closed", errno: EBADF)
    }
  }

  func open(_ opening: SocketOpening) -> JobResult {
    do throws(SystemError) {
      add(opening.socket, .unix(Unix(try listener(opening), isActivated: opening.isActivated)))
      return .changed
    } catch {
      return .failed(JobFailure(error))
    }
  }

  private func listener(_ opening: SocketOpening) throws(SystemError) -> ListeningSocket {
    guard opening.isInherited || opening.isActivated else {
      return try ListeningSocket(path: opening.path, ownership: opening.ownership)
    }
    return try ListeningSocket(
      adopting: duplicate(opening.socket), path: opening.path, ownership: opening.ownership,
      isOwnPath: !opening.isActivated)
  }

  /// Looks whether the path still leads to the socket, and gives it the owner and mode that it should have.
  static func inspect(_ entry: Entry?, _ ownership: Ownership) -> JobResult {
    guard case .unix(let unix) = entry else { return .missing }
    if unix.isActivated || unix.listener.isInPlace(ownership) { return .unchanged }
    do throws(SystemError) {
      try unix.listener.apply(ownership)
      return .changed
    } catch {
      return error.errno == ENOENT || error.errno == ESTALE ? .missing : .failed(JobFailure(error))
    }
  }

  /// Removes the path if it still leads to the socket.
  static func unbind(_ entry: Entry?, _ path: String) -> JobResult {
    switch entry {
    case .unix(let unix) where !unix.isActivated:
      unix.listener.removePath()
      return .changed
    case .passed(let passed):
      guard ListeningSocket.boundPath(of: passed.descriptor) == path else { return .unchanged }
      ListeningSocket.removePath(path)
      return .changed
    case nil:
      // It is closed already; nothing has been opened at the path since, as jobs of one folder have an order.
      ListeningSocket.removePath(path)
      return .changed
    case .unix, .tcp: return .unchanged
    }
  }

  func listenMetrics(_ socket: SocketID, _ place: String, isInherited: Bool) -> JobResult {
    if isInherited {
      guard case .passed(let passed) = self[socket] else { return .missing }
      add(socket, .tcp(passed))
      return .changed
    }
    do throws(SystemError) {
      add(socket, .tcp(DescriptorStore.Passed(name: "", descriptor: try LoopbackListener.open(place))))
      return .changed
    } catch {
      return .failed(JobFailure(error))
    }
  }
}
