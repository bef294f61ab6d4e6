package import TokenCore

/// A secret that somebody types or pipes in, under the same rules as the file that it goes into.
package enum EnteredSecret {
  /// - Parameter source: what messages call the place it comes from.
  /// - Returns: the value, without one line break at its end.
  /// - Throws: ``CredentialError``: what it can't be.
  package static func value(_ entered: Secret, from source: String) throws(CredentialError) -> Secret {
    guard entered.count <= SettingRanges.credentialBytes else {
      throw .tooLong(file: source, limit: SettingRanges.credentialBytes)
    }
    var bytes = entered.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    defer { bytes.wipe() }
    return try CredentialFile.value(bytes, source)
  }
}
