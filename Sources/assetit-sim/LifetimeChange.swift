/// `PUT /_sim/lifetime`.
struct LifetimeChange: ControlBody {
  let seconds: Int

  enum CodingKeys: CodingKey, CaseIterable {
    case seconds
  }

  func validate() throws(Refusal) {
    guard Lifetime.range.contains(seconds) else {
      throw Refusal(400, "seconds: must be between 1 and \(Lifetime.range.upperBound)")
    }
  }
}
