import Glibc

/// What went wrong with a file or a socket of a test.
struct Failure: Error, Equatable, CustomStringConvertible {
  let operation: String
  let errno: Int32

  init(_ operation: String, _ errno: Int32 = Glibc.errno) {
    self.operation = operation
    self.errno = errno
  }

  var description: String { "\(operation): \(String(cString: strerror(errno)))" }
}

enum Files {
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure("open \(path)") }
    defer { close(file) }
    return try Descriptor.readToEnd(file)
  }

  /// `nil` where there is none.
  static func content(_ path: String) throws(Failure) -> [UInt8]? {
    do throws(Failure) {
      return try read(path)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  static func text(_ path: String) -> String {
    (try? read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Replaces the file as a whole.
  static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(Failure) {
    let temporary = path + ".new"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw Failure("create \(temporary)") }
    defer { close(file) }
    fchmod(file, mode)
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw Failure("write \(temporary)") }
    guard rename(temporary, path) == 0 else { throw Failure("rename \(temporary)") }
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  static func status(_ path: String) throws(Failure) -> stat {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Failure("look at \(path)") }
    return status
  }

  /// The names in a directory, sorted.
  static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a directory and what is in it.
  static func remove(_ directory: String) {
    for name in names(in: directory) {
      let path = "\(directory)/\(name)"
      if unlink(path) != 0 { remove(path) }
    }
    rmdir(directory)
  }

  /// `PATH` of the tests themselves.
  static var searchPath: String { getenv("PATH").map { String(cString: $0) } ?? "" }

  static func isProgram(_ name: String) -> Bool {
    searchPath.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }
}

enum Descriptor {
  static func readToEnd(_ descriptor: Int32) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<count]
      } else if count == 0 {
        return bytes
      } else if errno != EINTR {
        throw Failure("read")
      }
    }
  }
}
