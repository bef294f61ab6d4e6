/// SplitMix64: the same seed lives the same life.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    // Seeds that lie side by side must not be shifted copies of each other.
    state = (seed &+ 1) &* 0xD6E8_FEB8_6659_FD93
    for _ in 0..<4 { _ = next() }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SeededRandom {
  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  /// Between the two, as likely in each decade.
  mutating func logUniform(_ low: Double, _ high: Double) -> Double {
    low * pow2(Double.random(in: 0...1, using: &self) * log2(high / low))
  }

  mutating func seconds(_ low: Double, _ high: Double) -> Duration {
    .seconds(Double.random(in: low...high, using: &self))
  }

  private func pow2(_ exponent: Double) -> Double {
    var (result, base, rest) = (1.0, 2.0, exponent)
    while rest >= 1 {
      result *= base
      rest -= 1
    }
    // The fraction by square roots: no mathematics library is needed for this.
    for _ in 0..<20 {
      base = base.squareRoot()
      rest *= 2
      if rest >= 1 {
        result *= base
        rest -= 1
      }
    }
    return result
  }

  private func log2(_ value: Double) -> Double {
    var (result, rest, step) = (0.0, value, 0.5)
    while rest >= 2 {
      rest /= 2
      result += 1
    }
    for _ in 0..<20 {
      rest *= rest
      if rest >= 2 {
        rest /= 2
        result += step
      }
      step /= 2
    }
    return result
  }
}
