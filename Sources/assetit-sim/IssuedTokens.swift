/// The tokens that the data endpoint accepts, each until its deadline. Bounded: when the newer half is full
/// the older one is forgotten, which only a token behind ``half`` others can meet.
struct IssuedTokens: Sendable {
  static let half = 5_000

  private var newer: [String: Double] = [:]
  private var older: [String: Double] = [:]

  /// - Parameter deadline: seconds on the monotonic clock.
  mutating func insert(_ token: String, until deadline: Double) {
    if newer.count >= Self.half {
      older = newer
      newer = [:]
    }
    newer[token] = deadline
  }

  func accepts(_ token: String, at monotonic: Double) -> Bool {
    guard let deadline = newer[token] ?? older[token] else { return false }
    return monotonic < deadline
  }

  mutating func revokeAll() {
    newer = [:]
    older = [:]
  }
}
