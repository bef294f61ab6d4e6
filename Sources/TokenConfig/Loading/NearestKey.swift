/// Finds the key that somebody most likely meant.
enum NearestKey {
  /// Keys that need more changes than a third of their letters are other words.
  static func of(_ key: String, among known: [String]) -> String? {
    let letters = Array(key.utf8)
    guard letters.count <= 64 else { return nil }
    let near = known.map { (key: $0, distance: distance(letters, Array($0.utf8))) }
      .filter { $0.distance <= max(1, max(letters.count, $0.key.utf8.count) / 3) }
    return near.min { $0.distance < $1.distance }?.key
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let change = last[column] + (left[row] == right[column] ? 0 : 1)
        var least = min(last[column + 1] + 1, current[column] + 1, change)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
