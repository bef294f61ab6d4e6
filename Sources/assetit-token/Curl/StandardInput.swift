import Glibc

/// Standard input, which a second run of a command needs from the start again.
struct StandardInput {
  /// Where it stood; `nil` where there is no way back.
  private let offset: off_t?
  private let isEmpty: Bool

  init() {
    var status = stat()
    let isFile = fstat(STDIN_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    let position = isFile ? lseek(STDIN_FILENO, 0, SEEK_CUR) : -1
    offset = position >= 0 ? position : nil
    var null = stat()
    isEmpty =
      stat("/dev/null", &null) == 0 && status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == null.st_rdev
  }

  var isKept: Bool { offset != nil || isEmpty }

  func rewind() {
    if let offset { lseek(STDIN_FILENO, offset, SEEK_SET) }
  }
}
