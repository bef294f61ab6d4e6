package import TokenCore

/// What `rotate` does on disk. Pure: the places come in, the changes go out.
package enum RotationPlan {
  /// Where one of the two credentials is kept, with what it becomes.
  package enum Part: Equatable, Sendable {
    /// It stays as it is.
    case kept
    /// In the configuration.
    case inline
    /// A file of its own. `staged`: where the new value can lie beside the old one, so that the configuration can name
    /// it there; `nil` where it can be read at its own place only.
    case file(path: String, content: Secret, FileOwner, isThere: Bool, staged: String?)
  }

  /// The configuration's texts; all `nil` where it doesn't change.
  package struct Texts: Equatable, Sendable {
    package let path: String
    package let owner: FileOwner
    /// With the new values of what it holds itself.
    package let final: ConfigurationText
    /// The same, with the files of their own at their staged places.
    package let between: ConfigurationText?

    package init(path: String, owner: FileOwner, final: ConfigurationText, between: ConfigurationText?) {
      self.path = path
      self.owner = owner
      self.final = final
      self.between = between
    }
  }

  /// The changes in the order in which they take force, in one step or two.
  ///
  /// One place changes in one step. Two can't, so the new values are put beside the old ones first, and the
  /// configuration, by one step, names those; then the usual places are changed, and the configuration names these
  /// again. Wherever this stops, the configuration names a pair that belongs together.
  ///
  /// Between the two steps a daemon that watches the usual places has to take up the configuration: it would try the old
  /// ID with the new secret otherwise.
  package static func steps(clientID: Part, secret: Part, texts: Texts?) -> [[FileChange]] {
    let files = [clientID, secret].compactMap { part -> FileChange? in
      guard case .file(let path, let content, let owner, let isThere, _) = part else { return nil }
      return isThere
        ? .replace(path: path, content: content, owner) : .create(path: path, content: content, owner)
    }
    guard let texts else { return [files] }
    let final = FileChange.replace(path: texts.path, content: Secret(texts.final.text), texts.owner)
    guard let between = texts.between else { return [files + [final]] }
    let staged = [clientID, secret].compactMap { part -> (path: String, change: FileChange)? in
      guard case .file(_, let content, let owner, _, let path?) = part else { return nil }
      return (path, .create(path: path, content: content, owner))
    }
    return [
      staged.map(\.change) + [.replace(path: texts.path, content: Secret(between.text), texts.owner)],
      files + [final] + staged.map { .remove(path: $0.path) },
    ]
  }
}
