import LinuxSystem
import TokenCore

/// Readers that couldn't be answered at once, by the tag of their events; bounded, and closed in time.
struct WaitingRoom {
  /// How long a reader may take to read a header that didn't fit into the kernel's buffer.
  static let sendingTime = Duration.seconds(10)
  /// How many may wait at once; one user may have half of these.
  var limit: Int
  private var readers: [UInt64: Reader] = [:]
  private var tagsByProfile: [String: Set<UInt64>] = [:]
  private var countByUser: [UInt32: Int] = [:]
  /// No deadline is earlier than this; it may be too early, which costs one look.
  private var earliestDeadline: BootTime?

  init(limit: Int) {
    self.limit = limit
  }

  subscript(tag: UInt64) -> Reader? { readers[tag] }

  func withoutHeader(of profile: String) -> [(UInt64, Reader)] {
    (tagsByProfile[profile] ?? []).compactMap { tag in
      readers[tag].flatMap { $0.rest == nil ? (tag, $0) : nil }
    }
  }

  /// systemd itself, which reads for a unit, has room for as long as there is any.
  func hasRoom(for reader: Reader) -> Bool {
    guard readers.count < limit else { return false }
    return reader.peer.credentialUnit != nil || countByUser[reader.peer.identity.uid, default: 0] < limit / 2
  }

  mutating func add(_ reader: Reader, _ tag: UInt64) {
    readers[tag] = reader
    tagsByProfile[reader.profile, default: []].insert(tag)
    countByUser[reader.peer.identity.uid, default: 0] += 1
    note(reader.deadline)
  }

  mutating func setDeadline(of tag: UInt64, _ deadline: BootTime) {
    readers[tag]?.deadline = deadline
    note(deadline)
  }

  mutating func remove(_ tag: UInt64) {
    guard let reader = readers.removeValue(forKey: tag) else { return }
    tagsByProfile[reader.profile]?.remove(tag)
    if tagsByProfile[reader.profile]?.isEmpty ?? false { tagsByProfile[reader.profile] = nil }
    let user = reader.peer.identity.uid
    let left = countByUser[user, default: 0] - 1
    countByUser[user] = left > 0 ? left : nil
  }

  mutating func removeAll(where isGone: (Reader) -> Bool) {
    for (tag, reader) in readers where isGone(reader) { remove(tag) }
  }

  mutating func removeOverdue(now: BootTime) {
    guard let earliestDeadline, earliestDeadline <= now else { return }
    removeAll { $0.deadline.map { $0 <= now } ?? false }
    self.earliestDeadline = readers.values.compactMap(\.deadline).min()
  }

  /// Milliseconds until somebody's time is over; `nil` where nobody's ever is.
  func timeout(now: BootTime) -> Int32? { earliestDeadline.map { $0.milliseconds(after: now) } }

  private mutating func note(_ deadline: BootTime?) {
    guard let deadline else { return }
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
  }
}

extension BootTime {
  /// Rounded up, 0 where it has passed: for epoll_wait(2).
  func milliseconds(after now: BootTime) -> Int32 {
    Int32(clamping: max(0, (self - now).nanoseconds / 1_000_000 + 1))
  }
}
