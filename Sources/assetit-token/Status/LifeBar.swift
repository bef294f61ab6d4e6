/// How much is left of something, as a bar of characters.
enum LifeBar {
  /// - Parameters:
  ///   - fraction: 0 to 1; anything else counts as the nearer of the two.
  ///   - width: in columns.
  static func text(_ fraction: Double, width: Int, unicode: Bool) -> String {
    let fraction = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
    // Full only while it is full, and not empty before it is.
    let filled = fraction >= 1 ? width : min(Int((fraction * Double(width)).rounded(.up)), max(width - 1, 0))
    return String(repeating: unicode ? "█" : "#", count: filled)
      + String(repeating: unicode ? "░" : "-", count: width - filled)
  }
}
