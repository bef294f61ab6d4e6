import Glibc
import LinuxSystem
import TokenCore

/// Gives every profile of a new configuration its socket: all of them, or none.
struct SocketChange {
  let current: [String: ReaderSocket]
  let wanted: [ProfileConfiguration]

  /// Opens those that are missing and gives the others their owner and mode. Where one step fails, all before it
  /// are undone.
  ///
  /// - Returns: the new ones, which nobody serves yet.
  func perform() throws(SystemError) -> [ReaderSocket] {
    var opened: [ReaderSocket] = []
    var changed: [(socket: ReaderSocket, before: Ownership)] = []
    do throws(SystemError) {
      for profile in wanted {
        let (path, ownership) = (profile.socket.path, profile.socket.ownership)
        guard let socket = current[path] else {
          let listener = try ListeningSocket(path: path, ownership: ownership)
          opened.append(
            ReaderSocket(
              listener: listener, .init(profile: profile.name, board: HeaderBoard(), settings: profile.socket)
            ))
          continue
        }
        let current = socket.assignment
        if current.profile != profile.name, current.settings != profile.socket {
          // Readers who are queued there were let in by the old profile's mode, and would get the new one's header.
          let passing =
            "\(path) from profile \(current.profile) to \(profile.name) with other permissions in one step"
          throw SystemError("pass", passing, errno: EBUSY)
        }
        let before = current.settings.ownership
        guard before != ownership, !socket.isActivated else { continue }
        changed.append((socket, before))
        try socket.listener.apply(ownership)
      }
    } catch {
      for socket in opened { socket.listener.removePath() }
      for (socket, before) in changed { try? socket.listener.apply(before) }
      throw error
    }
    return opened
  }

  init(from current: [String: ReaderSocket], to wanted: [ProfileConfiguration]) {
    self.current = current
    self.wanted = wanted
  }
}
