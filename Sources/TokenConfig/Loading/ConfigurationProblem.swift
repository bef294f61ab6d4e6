/// One thing that is wrong with a configuration, as one line that names file, key path and remedy:
/// `config.toml: profiles.default.refresh.at: must be between 0.1 and 0.9, not 1.5`.
package struct ConfigurationProblem: Error, Equatable, Sendable {
  /// The file's name without its folder.
  package let file: String
  /// The dotted key path, or `line 3, column 7` for a syntax error; `nil` where the whole file is meant.
  package let place: String?
  package let text: String

  package init(file: String, place: String?, text: String) {
    self.file = file
    self.place = place
    self.text = text
  }
}

extension ConfigurationProblem: CustomStringConvertible {
  package var description: String {
    [file, place, text].compactMap { $0 }.joined(separator: ": ")
  }
}

/// Everything that is wrong with a configuration, all at once; never empty.
package struct ConfigurationProblems: Error, Equatable, Sendable {
  package let all: [ConfigurationProblem]
  /// The file couldn't be looked at for want of time or memory: nothing is known to be wrong with it.
  package let isTemporary: Bool

  package init(_ all: [ConfigurationProblem], isTemporary: Bool = false) {
    self.all = all
    self.isTemporary = isTemporary
  }
}

extension ConfigurationProblems: CustomStringConvertible {
  package var description: String { all.map(\.description).joined(separator: "\n") }
}
