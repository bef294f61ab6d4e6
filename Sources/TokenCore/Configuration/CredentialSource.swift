/// Where a client ID or secret comes from. Files and credentials are read again for every request.
package enum CredentialSource: Equatable, Sendable {
  /// In the configuration itself.
  case inline(Secret)
  /// A file of its own, by absolute path.
  case file(String)
  /// A systemd credential: a file of this name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), Credentials).
  case credential(String)
}
