internal import Glibc

/// Where standard error leads to.
package enum JournalStream: Equatable, Sendable {
  /// To the journal, which can be reached directly as well.
  case native
  /// To something that reads `<N>` priority prefixes as the journal does (sd-daemon(3)).
  case prefixed
  /// To a terminal, a file or a pipe.
  case plain

  /// Looks whether `$JOURNAL_STREAM` (`DEVICE:INODE`, systemd.exec(5)) names standard error; a value that was
  /// only inherited doesn't.
  package static func ofStandardError(_ variable: String?) -> JournalStream {
    var status = stat()
    guard let variable, fstat(STDERR_FILENO, &status) == 0,
      variable == "\(status.st_dev):\(status.st_ino)"
    else { return .plain }
    return access("/run/systemd/journal/socket", F_OK) == 0 ? .native : .prefixed
  }
}
