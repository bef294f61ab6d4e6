/// Reads and validates a configuration file.
package struct ConfigurationLoader: Sendable {
  /// Where sockets and files go that name no path; `$RUNTIME_DIRECTORY`, else `/run/assetit-tokend`.
  package var runtimeDirectory = "/run/assetit-tokend"
  /// `$CREDENTIALS_DIRECTORY`; `nil` outside a unit that loads credentials.
  package var credentialsDirectory: String?

  package init() {}
}
