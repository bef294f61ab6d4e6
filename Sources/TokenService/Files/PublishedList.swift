import Glibc
package import LinuxSystem
import Synchronization
import TokenCore

/// `$RUNTIME_DIRECTORY/.published`: which header files a daemon has made, for those that look after them once it was
/// killed (``CleanUp``, the next daemon). The daemon holds a lock on it for as long as it lives.
///
/// One line a file, its path and its inode number. A line has a fixed place and is written over, so that noting a file
/// costs the same however many there are, and a kill at any moment leaves a list that can be read.
package final class PublishedList: Sendable {
  package struct Entry: Equatable, Hashable, Sendable {
    package let path: String
    package let inode: UInt64
  }

  private struct State {
    /// By path: where its two lines begin, and what each says (0: nothing). While a file is replaced, both are used.
    var places: [String: (offset: Int, inodes: (UInt64, UInt64))] = [:]
    var end = 0
  }

  static let name = ".published"
  /// Longer than the lists of all profiles that a configuration can have.
  private static let limit = 16 << 20
  /// The digits of the highest inode number.
  private static let numberWidth = 20

  private let descriptor: OwnedFD
  private let path: String
  private let state = Mutex(State())

  /// Opens the list of the folder and locks it.
  ///
  /// - Returns: `nil` where another process holds the lock.
  /// - Throws: where the folder is missing or can't be written, or something else is in the list's place.
  package static func open(in folder: String) throws(SystemError) -> PublishedList? {
    let path = "\(folder)/\(name)"
    let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let descriptor = try OwnedFD("open", path) { Glibc.open(path, flags, 0o600) }
    guard isOwn(descriptor) else { throw SystemError("use", path, errno: EPERM) }
    guard try descriptor.lock(path) else { return nil }
    return PublishedList(descriptor, path)
  }

  private init(_ descriptor: consuming OwnedFD, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// What an earlier process has noted; it stays noted until the files are noted anew or forgotten. Call it once, before
  /// anything else.
  package func inherited() throws(SystemError) -> [Entry] {
    let entries = Self.entries(in: descriptor)
    var bytes: [UInt8] = []
    let places = Dictionary(grouping: entries, by: \.path)
    state.withLock { state in
      for (path, entries) in places {
        // The last two, since there are never more.
        let inodes = (entries.last?.inode ?? 0, entries.dropLast().last?.inode ?? 0)
        state.places[path] = (bytes.count, inodes)
        bytes += Self.line(path, inodes.0) + Self.line(path, inodes.1)
      }
      state.end = bytes.count
    }
    try retrying("write", path) { pwrite(descriptor.raw, bytes, bytes.count, 0) }
    try retrying("shorten", path) { ftruncate(descriptor.raw, off_t(bytes.count)) }
    return entries
  }

  /// Adds a file beside the one that the path leads to now.
  package func note(_ entry: Entry) throws(SystemError) {
    try change(entry.path) { inodes in inodes.1 == 0 ? (inodes.0, entry.inode) : (inodes.1, entry.inode) }
  }

  /// The path leads to this file alone by now.
  package func settle(_ entry: Entry) throws(SystemError) {
    try change(entry.path) { _ in (entry.inode, 0) }
  }

  /// There is no such file any more.
  package func forget(_ path: String) throws(SystemError) {
    guard state.withLock({ $0.places[path] != nil }) else { return }
    try change(path) { _ in (0, 0) }
  }

  /// Removes the list itself if there is nothing on it: the daemon has withdrawn everything.
  func removeIfEmpty() {
    let isEmpty = state.withLock { state in state.places.values.allSatisfy { $0.inodes == (0, 0) } }
    if isEmpty { unlink(path) }
  }

  private func change(
    _ path: String, _ next: ((UInt64, UInt64)) -> (UInt64, UInt64)
  ) throws(SystemError) {
    let width = Self.line(path, 1).count
    let (offset, inodes) = try state.withLock { state throws(SystemError) in
      let place = state.places[path] ?? (state.end, (0, 0))
      guard place.offset + 2 * width <= Self.limit else {
        throw SystemError("extend", self.path, errno: EFBIG)
      }
      let inodes = next(place.inodes)
      state.places[path] = (place.offset, inodes)
      state.end = max(state.end, place.offset + 2 * width)
      return (place.offset, inodes)
    }
    let bytes = [inodes.0, inodes.1].flatMap { Self.line(path, $0) }
    let raw = descriptor.raw
    try retrying("write", self.path) { pwrite(raw, bytes, bytes.count, off_t(offset)) }
  }

  /// The path, blanks, the number, a newline; only blanks where there is none.
  private static func line(_ path: String, _ inode: UInt64) -> [UInt8] {
    let name = Array(escaped(path).utf8)
    let number = Array("\(inode)".utf8)
    let blank = UInt8(ascii: " ")
    let padding = [UInt8](repeating: blank, count: 1 + numberWidth - number.count)
    let line =
      inode == 0 ? [UInt8](repeating: blank, count: name.count + 1 + numberWidth) : name + padding + number
    return line + [UInt8(ascii: "\n")]
  }

  /// A line is one line, and a path one word of it, whatever is in the path.
  private static func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%")
      return isPlain ? String(UnicodeScalar(byte)) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
    }.joined()
  }

  /// - Returns: `nil` where it isn't what ``escaped(_:)`` makes.
  private static func unescaped(_ word: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = word
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(escaped)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func entries(in descriptor: borrowing OwnedFD) -> [Entry] {
    var status = stat()
    guard fstat(descriptor.raw, &status) == 0, status.st_size > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), limit))
    let count = pread(descriptor.raw, &bytes, bytes.count, 0)
    guard count > 0 else { return [] }
    return bytes[..<count].split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count == 2, let path = unescaped(words[0]), path.hasPrefix("/"),
        let inode = UInt64(String(decoding: words[1], as: UTF8.self)), inode > 0
      else { return nil }
      return Entry(path: path, inode: inode)
    }
  }

  private static func isOwn(_ descriptor: borrowing OwnedFD) -> Bool {
    var status = stat()
    return fstat(descriptor.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }
}
