/// The release this was built as.
package enum Release {
  package static let version = "0.2.0"
  /// What requests carry as `User-Agent`.
  package static let userAgent = "assetit-tokend/\(version)"
}
