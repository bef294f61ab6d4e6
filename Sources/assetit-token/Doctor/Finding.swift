import TokenCore

/// What one look at something brought.
enum Finding: Equatable {
  case ok(String)
  /// It couldn't be looked at, or isn't there to be; nothing is known to be wrong.
  case skipped(String)
  /// It can be right, and probably isn't.
  case doubtful(String)
  /// What is wrong and what to do.
  case wrong(String, ExitStatus)

  /// `mark`s have one width.
  func line(isColored: Bool) -> String {
    let (mark, text, color) =
      switch self {
      case .ok(let text): ("ok  ", text, "32")
      case .skipped(let text): ("skip", text, "36")
      case .doubtful(let text): ("note", text, "33")
      case .wrong(let text, _): ("FAIL", text, "31")
      }
    return (isColored ? "\u{1B}[\(color)m\(mark)\u{1B}[0m" : mark) + "  " + Printable.line(text)
  }

  /// The first that is wrong decides; `nil` where nothing is.
  static func exitStatus(_ findings: [Finding]) -> ExitStatus? {
    for case .wrong(_, let status) in findings { return status }
    return nil
  }
}
