internal import TokenCore

/// Puts what somebody wrote into a message: in quotes, on one line, at most 64 characters of it.
enum Quoted {
  private static let longest = 64

  static func text(_ value: String) -> String {
    "\"\(Printable.text(value, limit: longest))\""
  }
}
