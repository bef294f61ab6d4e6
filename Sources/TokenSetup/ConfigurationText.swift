/// A configuration as somebody wrote it. Whatever is added or changed leaves all else as it is, comments included.
/// Nothing here is certain to mean what it should: load the result and look.
package struct ConfigurationText: Equatable, Sendable {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// Whether there are comments and blank lines only.
  package var hasNoSettings: Bool {
    text.split(whereSeparator: \.isNewline).allSatisfy { line in
      let first = line.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
      return first == nil || first == "#"
    }
  }

  /// The first configuration of a host.
  package static func first(_ profile: NewProfile) -> ConfigurationText {
    ConfigurationText(
      """
      # Which AssetIT instances assetit-tokend keeps a token for. All settings: assetit-tokend.toml(5).
      # After a change: assetit-tokend check, then systemctl reload assetit-tokend

      \(profile.text)
      """)
  }

  /// With one more profile at the end.
  package func adding(_ profile: NewProfile) -> ConfigurationText {
    let end = text.isEmpty || text.last?.isNewline == true ? "" : "\n"
    return ConfigurationText(text + end + (text.isEmpty ? "" : "\n") + profile.text)
  }

  /// The text with another value for a key of a profile, once for each line that may be meant.
  package func candidates(setting key: String, ofProfile profile: String, to value: String)
    -> [ConfigurationText]
  {
    changed(profile) { line in line.key == key ? [line.text(value)] : nil }
  }

  /// The text with a further setting of a profile behind the line of one of these keys.
  package func candidates(
    inserting setting: Setting, ofProfile profile: String, behind keys: [String]
  ) -> [ConfigurationText] {
    changed(profile) { line in keys.contains(line.key) ? [line.whole, line.prefix + setting.line] : nil }
  }

  private func changed(_ profile: String, _ change: (SettingLine) -> [String]?) -> [ConfigurationText] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var section = ""
    return lines.indices.compactMap { index in
      if let name = Self.sectionName(lines[index]) { section = name }
      guard let line = SettingLine(lines[index]), let changed = change(line) else { return nil }
      let table = (section.isEmpty ? "" : section + ".") + Self.plain(line.prefix)
      guard table == "profiles.\(profile)." else { return nil }
      let result = lines[..<index].map(String.init) + changed + lines[(index + 1)...].map(String.init)
      return ConfigurationText(result.joined(separator: "\n"))
    }
  }

  /// `profiles.default` of `[profiles.default]`.
  private static func sectionName(_ line: Substring) -> String? {
    let text = plain(line)
    guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return nil }
    return String(text[..<end].drop { $0 == "[" })
  }

  /// Without what a name may be written with or without.
  private static func plain(_ text: some StringProtocol) -> String {
    String(text.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
  }
}

/// A line that gives a string to a key, taken apart.
private struct SettingLine {
  /// White space, and the tables before a dotted key.
  let prefix: String
  let key: String
  private let equals: String
  /// What follows the value: a comment, a carriage return.
  private let end: Substring
  let whole: String

  init?(_ line: Substring) {
    guard let sign = line.firstIndex(of: "=") else { return nil }
    let left = line[..<sign]
    let trimmed = left.trimmingSuffix { $0 == " " || $0 == "\t" }
    let start = trimmed.lastIndex { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    let keyStart = start.map { trimmed.index(after: $0) } ?? trimmed.startIndex
    let right = line[line.index(after: sign)...]
    let value = right.drop { $0 == " " || $0 == "\t" }
    guard let quote = value.first, quote == "\"" || quote == "'", let close = Self.end(of: value, quote)
    else { return nil }
    prefix = String(line[..<keyStart])
    key = String(trimmed[keyStart...])
    equals = String(line[trimmed.endIndex..<value.startIndex])
    end = value[value.index(after: close)...]
    whole = String(line)
  }

  /// With this value.
  func text(_ value: String) -> String {
    prefix + key + equals + Setting.quoted(value) + end
  }

  private static func end(of value: Substring, _ quote: Character) -> Substring.Index? {
    var index = value.index(after: value.startIndex)
    while index < value.endIndex {
      if value[index] == quote { return index }
      if value[index] == "\\", quote == "\"" { index = value.index(after: index) }
      guard index < value.endIndex else { return nil }
      index = value.index(after: index)
    }
    return nil
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while holds: (Character) -> Bool) -> Substring {
    var end = endIndex
    while end > startIndex, holds(self[index(before: end)]) { end = index(before: end) }
    return self[..<end]
  }
}
