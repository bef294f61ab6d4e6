import Glibc
import LinuxSystem

/// Whether a second run of curl sends what the first one sends. It does if nothing is read that can't be read twice;
/// wherever that isn't certain, there is no second run.
struct Repetition: ~Copyable {
  /// Why it isn't certain, as the end of a sentence; `nil`: it is.
  private(set) var obstacle: String?
  /// In place of standard input, so that it can be read again.
  private let spooled: OwnedFD?
  private let files: [(path: String, stamp: FileStamp)]
  /// Where standard input stood; `nil`: it isn't read.
  private let offset: off_t?

  /// - Parameters:
  ///   - ownConfiguration: the user's own configuration of curl, where there is one.
  ///   - spool: reads all of standard input into a file; only called where curl would read all of it, too.
  init(
    _ arguments: CurlArguments, ownConfiguration: String?, spool: () throws -> OwnedFD
  ) rethrows {
    var files: [(path: String, stamp: FileStamp)] = []
    var obstacle = arguments.unknown.map { "curl's argument \($0) may mean anything here" }
    if obstacle == nil, arguments.readsOwnConfiguration, let ownConfiguration {
      obstacle = "\(ownConfiguration) may hold any option; -q as curl's first one leaves it out"
    }
    for path in arguments.readFiles where obstacle == nil {
      if let stamp = Self.stamp(ofRegular: path) {
        files.append((path, stamp))
      } else {
        obstacle = "\(path) can't be read twice"
      }
    }
    for path in arguments.writtenFiles where obstacle == nil && !Self.isReplaceable(path) {
      obstacle = "the first run has written to \(path)"
    }
    var spooled: OwnedFD?
    var offset: off_t?
    if obstacle == nil, arguments.input != .unused {
      if let start = Self.start(of: STDIN_FILENO) {
        offset = start
      } else if arguments.input == .whole {
        spooled = try spool()
        offset = 0
      } else {
        obstacle = "standard input can't be read twice"
      }
    }
    self.obstacle = obstacle
    self.files = files
    self.spooled = spooled
    self.offset = offset
  }

  /// What curl reads as standard input; `nil`: this process's own.
  var input: Int32? {
    switch spooled {
    case .some(let file): file.raw
    case nil: nil
    }
  }

  /// Before the second run: puts standard input back to where it was, and looks whether the files are still the same.
  mutating func rewind() {
    for file in files where obstacle == nil && Self.stamp(ofRegular: file.path) != file.stamp {
      obstacle = "\(file.path) has changed meanwhile"
    }
    // Of /dev/null this fails, and doesn't matter.
    if let offset { lseek(input ?? STDIN_FILENO, offset, SEEK_SET) }
  }

  private static func stamp(ofRegular path: String) -> FileStamp? {
    var status = stat()
    guard stat(path, &status) == 0, isRereadable(status) else { return nil }
    return FileStamp(path: path)
  }

  /// Where a file stands, which can be read from there again; `nil`: it can't.
  private static func start(of descriptor: Int32) -> off_t? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, isRereadable(status) else { return nil }
    let position = lseek(descriptor, 0, SEEK_CUR)
    return position >= 0 ? position : nil
  }

  /// A regular file, or /dev/null.
  private static func isRereadable(_ status: stat) -> Bool {
    if status.st_mode & S_IFMT == S_IFREG { return true }
    var null = stat()
    return stat("/dev/null", &null) == 0 && status.st_mode & S_IFMT == S_IFCHR
      && status.st_rdev == null.st_rdev
  }

  /// What a second run replaces. A pipe or a terminal has both.
  private static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 ? isRereadable(status) : errno == ENOENT
  }
}
