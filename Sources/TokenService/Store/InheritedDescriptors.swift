import DaemonCore
import LinuxSystem
import Systemd
import TokenCore

/// Sorts out what systemd passed to this process: what an earlier one left in the descriptor store, and sockets of
/// socket units.
struct InheritedDescriptors {
  private let bootID: String
  private let sockets: SocketTable
  private let now: BootTime
  private(set) var inheritance = Inheritance()
  private var lastSocket = 0

  /// Sockets go into the table, numbered from 1 on.
  init(bootID: String, sockets: SocketTable, now: BootTime) {
    self.bootID = bootID
    self.sockets = sockets
    self.now = now
  }

  mutating func take(_ passed: DescriptorStore.Passed) {
    if let path = ListeningSocket.boundPath(of: passed.descriptor) {
      let socket = add(passed)
      if Self.isOurs(passed.name) || passed.name == Self.earlierName(path) {
        inheritance.sockets.append(
          Inheritance.Socket(entry: StoreName(passed.name), socket: socket, place: path))
      } else {
        inheritance.activated.append(Inheritance.Activated(socket: socket, path: path, name: passed.name))
      }
    } else if Self.isOurs(passed.name), let place = LoopbackListener.place(of: passed.descriptor) {
      inheritance.sockets.append(
        Inheritance.Socket(entry: StoreName(passed.name), socket: add(passed), place: place))
    } else {
      takeMemory(passed)
    }
  }

  private mutating func add(_ passed: DescriptorStore.Passed) -> SocketID {
    lastSocket += 1
    let socket = SocketID(lastSocket)
    sockets.add(socket, .passed(passed))
    return socket
  }

  private mutating func takeMemory(_ passed: DescriptorStore.Passed) {
    let entry = StoreName(passed.name)
    guard var bytes = SealedMemory.contents(of: passed.descriptor, limit: TaggedFields.limit) else {
      return refuse(entry, "\(passed.name) is neither a listening socket nor a record")
    }
    defer { bytes.wipe() }
    if let earlier = EarlierRecord.decoded(bytes) {
      inheritance.headerFiles.formUnion(earlier.files)
      guard let record = earlier.record(bootID: bootID, now: now) else {
        return refuse(entry, Self.useless(passed))
      }
      return inheritance.records.append(Inheritance.Record(entry: entry, record: record))
    }
    switch StoredEntry.decoded(bytes, bootID: bootID, now: now) {
    case .record(let record): inheritance.records.append(Inheritance.Record(entry: entry, record: record))
    case .starts(let starts):
      // A process that was killed leaves two; the one with the latest start counts.
      if let other = inheritance.startsEntry {
        let isNewer = starts.last.map { start in inheritance.starts.last.map { start > $0 } ?? true } ?? false
        inheritance.superseded.append(isNewer ? other : entry)
        guard isNewer else { return }
      }
      inheritance.starts = starts
      inheritance.startsEntry = entry
    case nil: refuse(entry, Self.useless(passed))
    }
  }

  private mutating func refuse(_ entry: StoreName, _ reason: String) {
    inheritance.refused.append(Inheritance.Refused(entry: entry, reason: reason))
  }

  mutating func add(headerFiles: some Sequence<String>) {
    inheritance.headerFiles.formUnion(headerFiles)
  }

  private static func useless(_ passed: DescriptorStore.Passed) -> String {
    "the record \(passed.name) has expired, is from before a boot, or is damaged"
  }

  /// The machine's own names begin so, as those of profiles, paths and units don't.
  private static func isOurs(_ name: String) -> Bool {
    name.hasPrefix("_") && name.utf8.count <= 6
  }

  /// How version 0.1.0 named a socket: by its path. A colon separates names where systemd passes them
  /// (sd_listen_fds(3)).
  private static func earlierName(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "%")
      return isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
