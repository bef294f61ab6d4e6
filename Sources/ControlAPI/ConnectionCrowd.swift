/// Bounds the connections there are at once.
struct ConnectionCrowd {
  /// One user may have half of these.
  let limit: Int
  private(set) var count = 0
  private var countByUser: [UInt32: Int] = [:]

  init(limit: Int) {
    self.limit = max(2, limit)
  }

  /// - Returns: whether there was room; who is let in must ``leave(_:)``.
  mutating func enter(_ user: UInt32) -> Bool {
    guard count < limit, countByUser[user, default: 0] < limit / 2 else { return false }
    count += 1
    countByUser[user, default: 0] += 1
    return true
  }

  mutating func leave(_ user: UInt32) {
    count -= 1
    let left = countByUser[user, default: 0] - 1
    countByUser[user] = left > 0 ? left : nil
  }
}
