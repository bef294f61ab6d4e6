/// The template of a file: text with the header, the token, its end or the profile's name in it.
package struct HeaderTemplate: Equatable, Sendable {
  package enum Name: String, Equatable, Sendable, CaseIterable {
    case header, token, profile
    case expiresAt = "expires_at"
  }

  package enum Piece: Equatable, Sendable {
    case text(String)
    case name(Name)
  }

  package let pieces: [Piece]

  /// `pieces`: holds the header or the token; the configuration's reader sees to that.
  package init(pieces: [Piece]) {
    self.pieces = pieces
  }
}
