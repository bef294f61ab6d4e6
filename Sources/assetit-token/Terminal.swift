import Glibc

/// What standard output can show.
struct Terminal: Equatable {
  var isTerminal: Bool
  /// In columns.
  var width = 80
  var hasColor = false
  var hasUnicode = false

  static func current() -> Terminal {
    var terminal = Terminal(isTerminal: isatty(STDOUT_FILENO) == 1)
    terminal.hasUnicode = showsUnicode(variable)
    guard terminal.isTerminal else { return terminal }
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      terminal.width = Int(size.ws_col)
    }
    terminal.hasColor = showsColor(variable)
    return terminal
  }

  /// https://no-color.org
  static func showsColor(_ variable: (String) -> String?) -> Bool {
    (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
  }

  /// locale(7): the first of these that is set counts.
  static func showsUnicode(_ variable: (String) -> String?) -> Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first { !$0.isEmpty } ?? ""
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
