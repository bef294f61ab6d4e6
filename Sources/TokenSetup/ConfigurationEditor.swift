internal import TokenConfig
internal import TokenCore

/// Changes settings of a profile in a text, and takes only what is certain to mean what was wanted: the result is
/// loaded, and must be the same configuration but for these settings.
struct ConfigurationEditor {
  /// Behind the line of one of these a further setting of the profile can stand.
  private static let anchors = ["client_id", "client_id_file", "client_id_credential", "base_url", "region"]

  private let site: Site
  private let loader: ConfigurationLoader
  private let profile: String
  private var wanted: Configuration
  private var texts: [ConfigurationText]
  private(set) var isChanged = false

  init(
    _ site: Site, _ text: ConfigurationText, _ loader: ConfigurationLoader, _ present: Configuration,
    _ profile: ProfileConfiguration
  ) {
    self.site = site
    self.loader = loader
    self.profile = profile.name
    wanted = present
    texts = [text]
  }

  /// - Parameters:
  ///   - isNew: that the key may not be there yet.
  ///   - change: what that means.
  mutating func edit(
    _ key: String, _ value: String, isNew: Bool = false, _ change: (inout ProfileConfiguration) -> Void
  ) {
    isChanged = true
    for index in wanted.profiles.indices where wanted.profiles[index].name == profile {
      change(&wanted.profiles[index])
    }
    texts = texts.flatMap { text in
      let changed = text.candidates(setting: key, ofProfile: profile, to: value)
      guard changed.isEmpty, isNew else { return changed }
      return text.candidates(inserting: Setting(key, value), ofProfile: profile, behind: Self.anchors)
    }
  }

  /// - Throws: 78 where none of the ways to write it means what was wanted.
  func text() throws(OperatorFailure) -> ConfigurationText {
    if let text = texts.first(where: { (try? site.load($0, loader)) == wanted }) { return text }
    throw OperatorFailure(
      .configuration,
      "the settings of profile \(profile) in \(site.path) are written in a way that this program can't"
        + " change without a risk: put them one on each line under [profiles.\(profile)], or change them by hand"
    )
  }
}
