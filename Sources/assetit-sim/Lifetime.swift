import ArgumentParser

/// How long tokens live, as the command line says it: `3600`, `90s`, `5m`, `1h`, `1h30m`.
struct Lifetime: Equatable, Sendable {
  /// What can be asked for, in seconds; the claims stay far from overflow.
  static let range = 1...1_000_000_000

  let seconds: Int
}

extension Lifetime: ExpressibleByArgument {
  init?(argument: String) {
    guard let seconds = Int(argument) ?? Self.parts(argument), Self.range.contains(seconds)
    else { return nil }
    self.init(seconds: seconds)
  }

  private static func parts(_ text: String) -> Int? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    var total = 0
    var rest = text[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard let count = Int(digits), count <= range.upperBound,
        let unit = rest.popFirst().flatMap({ units[$0] })
      else { return nil }
      total += count * unit
      guard total <= range.upperBound else { return nil }
    }
    return total
  }

  var defaultValueDescription: String { "\(seconds)s" }
}
