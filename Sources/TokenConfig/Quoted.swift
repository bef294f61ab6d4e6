/// Puts what somebody wrote into a message: in quotes, on one line, at most 64 characters of it.
enum Quoted {
  private static let longest = 64

  static func text(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars.prefix(longest) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
        quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        quoted.unicodeScalars.append(scalar)
      }
    }
    if value.unicodeScalars.count > longest { quoted += "…" }
    return quoted + "\""
  }
}
