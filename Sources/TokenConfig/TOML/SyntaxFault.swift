/// Why a file isn't TOML: where, and a sentence's end that holds no piece of the file, which may be a secret.
struct SyntaxFault: Error, Equatable {
  /// `line 3, column 7`; `nil` where the whole file is meant.
  let place: String?
  let text: String
  /// The file isn't to blame, and another try may do.
  var isTemporary = false
}
