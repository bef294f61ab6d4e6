/// Bounds something that all callers share, of which one user may have half: connections, or bytes of memory.
struct UserQuota {
  /// Where it is lowered below what is used, nothing more is given until enough has come back.
  var limit: Int
  private(set) var used = 0
  private var usedByUser: [UInt32: Int] = [:]

  init(limit: Int) {
    self.limit = max(2, limit)
  }

  /// - Returns: whether there was room; what was taken must be given back with ``giveBack(_:_:)``.
  mutating func take(_ count: Int, _ user: UInt32) -> Bool {
    guard count <= limit - used, count <= limit / 2 - usedByUser[user, default: 0] else { return false }
    used += count
    usedByUser[user, default: 0] += count
    return true
  }

  mutating func giveBack(_ count: Int, _ user: UInt32) {
    used -= count
    let left = usedByUser[user, default: 0] - count
    usedByUser[user] = left > 0 ? left : nil
  }
}
