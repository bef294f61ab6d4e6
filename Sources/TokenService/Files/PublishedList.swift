import Glibc
package import LinuxSystem
import Synchronization
import TokenCore

/// `$RUNTIME_DIRECTORY/.published`: which header files a daemon has made, for those that look after them once it was
/// killed (``CleanUp``, the next daemon). The daemon holds a lock on it for as long as it lives.
///
/// A path and an inode number a line; where a temporary file is about to be made beside the path, `~` and the number in
/// that file's name. A path's lines have a fixed place and are written over, so that noting a file costs the same however
/// many there are, and a kill at any moment leaves a list that can be read.
package final class PublishedList: Sendable {
  package struct Entry: Equatable, Hashable, Sendable {
    package enum File: Equatable, Hashable, Sendable {
      case inode(UInt64)
      /// It may have been made in the path's folder.
      case temporary(TemporaryName)
    }

    package let path: String
    package let file: File

    package init(path: String, file: File) {
      self.path = path
      self.file = file
    }

    package init(path: String, inode: UInt64) { self.init(path: path, file: .inode(inode)) }

    var inode: UInt64? { if case .inode(let inode) = file { inode } else { nil } }
    var temporary: TemporaryName? { if case .temporary(let name) = file { name } else { nil } }
  }

  /// What the three lines of a path say. While a file is replaced, all are used.
  private struct Lines {
    var new: UInt64?
    var old: UInt64?
    var temporary: TemporaryName?

    var isEmpty: Bool { new == nil && old == nil && temporary == nil }

    func bytes(_ path: String) -> [UInt8] {
      PublishedList.line(path, new.map { "\($0)" }) + PublishedList.line(path, old.map { "\($0)" })
        + PublishedList.line(path, temporary.map { "~" + String($0.number, radix: 16) })
    }
  }

  private struct State {
    /// By path: where its lines begin, and what they say.
    var places: [String: (offset: Int, lines: Lines)] = [:]
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
        let inodes = entries.compactMap(\.inode)
        let lines = Lines(
          new: inodes.last, old: inodes.dropLast().last, temporary: entries.compactMap(\.temporary).last)
        state.places[path] = (bytes.count, lines)
        bytes += lines.bytes(path)
      }
      state.end = bytes.count
    }
    try retrying("write", path) { pwrite(descriptor.raw, bytes, bytes.count, 0) }
    try retrying("shorten", path) { ftruncate(descriptor.raw, off_t(bytes.count)) }
    return entries
  }

  /// Adds a file beside the one that the path leads to now.
  package func note(_ entry: Entry) throws(SystemError) {
    try change(entry.path) { lines in
      // The one that it was is the last but one now.
      lines.old = lines.new
      lines.new = entry.inode
    }
  }

  /// A file of this name may be made beside the path from now on.
  package func note(_ temporary: TemporaryName, for path: String) throws(SystemError) {
    try change(path) { $0.temporary = temporary }
  }

  /// There is no such file any more.
  package func forgetTemporary(for path: String) throws(SystemError) {
    try change(path) { $0.temporary = nil }
  }

  /// The path leads to this file alone by now.
  package func settle(_ entry: Entry) throws(SystemError) {
    try change(entry.path) { $0 = Lines(new: entry.inode) }
  }

  /// There is no such file any more.
  package func forget(_ path: String) throws(SystemError) {
    guard state.withLock({ $0.places[path] != nil }) else { return }
    try change(path) { $0 = Lines() }
  }

  /// Removes the list itself if there is nothing on it: the daemon has withdrawn everything.
  func removeIfEmpty() {
    let isEmpty = state.withLock { state in state.places.values.allSatisfy(\.lines.isEmpty) }
    if isEmpty { unlink(path) }
  }

  private func change(_ path: String, _ change: (inout Lines) -> Void) throws(SystemError) {
    let length = Lines().bytes(path).count
    let (offset, bytes) = try state.withLock { state throws(SystemError) in
      var place = state.places[path] ?? (state.end, Lines())
      guard place.offset + length <= Self.limit else {
        throw SystemError("extend", self.path, errno: EFBIG)
      }
      change(&place.lines)
      state.places[path] = place
      state.end = max(state.end, place.offset + length)
      return (place.offset, place.lines.bytes(path))
    }
    let raw = descriptor.raw
    try retrying("write", self.path) { pwrite(raw, bytes, bytes.count, off_t(offset)) }
  }

  /// The path, blanks, the number, a newline; only blanks where there is none.
  private static func line(_ path: String, _ number: String?) -> [UInt8] {
    let name = escaped(path)
    let width = name.utf8.count + 1 + numberWidth
    let text = number.map { name + String(repeating: " ", count: 1 + numberWidth - $0.utf8.count) + $0 }
    return Array((text ?? String(repeating: " ", count: width)).utf8) + [UInt8(ascii: "\n")]
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
        let file = file(String(decoding: words[1], as: UTF8.self))
      else { return nil }
      return Entry(path: path, file: file)
    }
  }

  private static func file(_ word: String) -> Entry.File? {
    if word.hasPrefix("~") {
      return UInt64(word.dropFirst(), radix: 16).map { .temporary(TemporaryName(number: $0)) }
    }
    return UInt64(word).flatMap { $0 > 0 ? .inode($0) : nil }
  }

  private static func isOwn(_ descriptor: borrowing OwnedFD) -> Bool {
    var status = stat()
    return fstat(descriptor.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }
}
