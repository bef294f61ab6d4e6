package import TokenCore

/// What `setup` does on disk. Pure: the facts come in, the changes go out.
package enum SetupPlan {
  /// What lies where the secret is to go.
  package enum PresentSecret: Equatable, Sendable {
    case none
    case same
    case other(FileOwner)
  }

  /// The text that the configuration gets.
  package static func text(_ present: ConfigurationText?, isExample: Bool, _ profile: NewProfile)
    -> ConfigurationText
  {
    guard let present, !isExample else { return .first(profile) }
    return present.adding(profile)
  }

  /// The changes in the order in which they take force. The configuration comes last: until it is in place nobody uses
  /// the secret, so wherever this stops, there is either no such profile or a whole one.
  package static func changes(
    configuration: (path: String, text: ConfigurationText, owner: FileOwner, isThere: Bool),
    secret: (path: String, content: Secret, present: PresentSecret)
  ) -> [FileChange] {
    // A file has a last line's end; it isn't part of the value.
    let content = Secret(capacity: secret.content.count + 1) {
      $0.append(contentsOf: secret.content)
      $0.append(UInt8(ascii: "\n"))
    }
    let text = Secret(configuration.text.text)
    var changes: [FileChange] =
      switch secret.present {
      case .none: [.create(path: secret.path, content: content, .secret)]
      case .same: []
      case .other(let owner): [.replace(path: secret.path, content: content, owner)]
      }
    changes.append(
      configuration.isThere
        ? .replace(path: configuration.path, content: text, configuration.owner)
        : .create(path: configuration.path, content: text, configuration.owner))
    return changes
  }
}
