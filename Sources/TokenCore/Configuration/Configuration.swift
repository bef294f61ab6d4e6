/// A configuration file, validated: every name resolved, every default filled in.
package struct Configuration: Equatable, Sendable {
  package enum LogLevel: String, Equatable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  package var logLevel = LogLevel.info
  package var api: APIConfiguration
  /// By name, in alphabetical order; at least one.
  package var profiles: [ProfileConfiguration]
  /// Names that don't exist yet; empty but at a start.
  package var unresolved: [UnresolvedName] = []
  /// Outlets that are in the configuration and aren't served; empty but at a start. A file isn't in
  /// ``ProfileConfiguration/files`` then, and a socket isn't opened.
  package var leftOut: [LeftOutOutlet] = []

  package init(api: APIConfiguration, profiles: [ProfileConfiguration]) {
    self.api = api
    self.profiles = profiles
  }
}
