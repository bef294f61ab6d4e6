internal import CLinux
internal import Glibc

/// Tells whether a process id still means the process that connected, for those who look into `/proc/PID`.
package struct PeerProcess: ~Copyable {
  private enum Hold: ~Copyable {
    /// Linux 6.5 and later (SO_PEERPIDFD): certain.
    case pidfd(OwnedFD)
    /// The start time in `/proc/PID/stat`, in clock ticks since boot, from before the look. A process id
    /// that was reused before that isn't noticed.
    case startTime(pid: Int32, ticks: String?)
    /// It had ended already; its id may be another's.
    case gone
  }

  private let hold: Hold

  /// The same for a connection whose process is looked at later, which costs a descriptor until then.
  ///
  /// - Throws: if there is none left (`EMFILE`, `ENFILE`).
  package init(holding socket: Int32, pid: Int32) throws(SystemError) {
    let pidfd = clinux_peer_pidfd(socket)
    let code = errno
    if pidfd < 0, [EMFILE, ENFILE, ENOMEM].contains(code) {
      throw SystemError("hold", "the process of a caller", errno: code)
    }
    self.init(pidfd: pidfd, errno: code, pid: pid)
  }

  /// Call it before the look. `socket`: the connection; `pid`: what SO_PEERCRED said.
  package init(socket: Int32, pid: Int32) {
    let pidfd = clinux_peer_pidfd(socket)
    self.init(pidfd: pidfd, errno: errno, pid: pid)
  }

  private init(pidfd: Int32, errno code: Int32, pid: Int32) {
    if pidfd >= 0 {
      hold = .pidfd(OwnedFD(pidfd))
    } else if code == ENOPROTOOPT {
      hold = .startTime(pid: pid, ticks: Self.startTime(of: pid))
    } else {
      hold = .gone
    }
  }

  /// Call it after the look: whether what was seen belongs to the process that connected.
  package var isStillThere: Bool {
    switch hold {
    case .pidfd(let descriptor):
      // A pidfd becomes readable when its process ends (pidfd_open(2)).
      var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 0) == 0
    case .startTime(let pid, let ticks):
      return ticks != nil && ticks == Self.startTime(of: pid)
    case .gone:
      return false
    }
  }

  /// Whether this kernel gives a pidfd for a peer.
  package static var hasPeerPidfd: Bool {
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      return false
    }
    defer { for descriptor in pair { close(descriptor) } }
    let pidfd = clinux_peer_pidfd(pair[0])
    guard pidfd >= 0 else { return false }
    close(pidfd)
    return true
  }

  /// Field 22 of `/proc/PID/stat` (proc(5)); the name in field 2 may hold spaces and brackets.
  private static func startTime(of pid: Int32) -> String? {
    let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    let owned = OwnedFD(file)
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(owned.raw, &buffer, buffer.count)
    guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = buffer[(end + 1)..<count].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? String(decoding: fields[19], as: UTF8.self) : nil
  }
}
