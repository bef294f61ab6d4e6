internal import Synchronization

/// Looks into folders for a limited time: at a start one that hangs must not keep from serving what lies elsewhere.
package struct FolderLook: Sendable {
  /// Runs the closure; returns `false` where it hasn't returned in time. Where it returns later, nobody waits for it.
  package typealias Attempt = @Sendable (_ folder: String, _ look: @escaping @Sendable () -> Void) -> Bool

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private let attempt: Attempt?

  /// `attempt`: `nil` looks for as long as it takes.
  package init(_ attempt: Attempt? = nil) {
    self.attempt = attempt
  }

  /// - Returns: `nil` where the folder doesn't answer.
  func callAsFunction<Value: Sendable>(_ folder: String, _ look: @escaping @Sendable () -> Value) -> Value? {
    guard let attempt else { return look() }
    let box = Box<Value>()
    let hasReturned = attempt(folder) {
      let value = look()
      box.value.withLock { $0 = value }
    }
    return hasReturned ? box.value.withLock { $0 } : nil
  }
}
