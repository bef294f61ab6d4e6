/// What a claim says that should be a NumericDate (RFC 7519 section 2): seconds since 1970.
package enum NumericDate: Equatable, Sendable {
  /// Missing, or null.
  case absent
  /// Whole seconds, a fraction cut off.
  case date(Int64, [AnswerRemark])
  /// The rest of a sentence that begins with the claim's name.
  case unusable(String)

  /// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
  private static let lastMoment = 253_402_300_799.0
  /// Milliseconds of the years 2001 to 2286: as seconds they would lie more than 29,000 years ahead.
  private static let milliseconds = 1e12..<1e13

  package init(_ value: JSONValue?, claim: String) {
    switch value {
    case nil, .null?: self = .absent
    case .integer(let integer)?: self.init(Double(integer), claim: claim, [])
    case .number(let number)?: self.init(number, claim: claim, [])
    case .string(let text)?:
      let isDigits = !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard isDigits, text.utf8.count <= 19, let number = Double(text) else {
        self = .unusable("is a string and no number")
        return
      }
      self.init(number, claim: claim, [.digits(claim: claim)])
    case .boolean?, .array?, .object?: self = .unusable("is no number")
    }
  }

  private init(_ seconds: Double, claim: String, _ remarks: [AnswerRemark]) {
    if (0...Self.lastMoment).contains(seconds.rounded(.down)) {
      self = .date(Int64(seconds.rounded(.down)), remarks)
    } else if Self.milliseconds.contains(seconds) {
      self = .date(Int64((seconds / 1000).rounded(.down)), remarks + [.milliseconds(claim: claim)])
    } else if seconds >= Self.milliseconds.upperBound {
      self = .unusable("is no date from 1970 to 9999; it looks like microseconds or nanoseconds")
    } else {
      self = .unusable("is no date from 1970 to 9999")
    }
  }
}
