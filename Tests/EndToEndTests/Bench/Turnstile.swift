import Testing

/// Lets only so many tests through at a time: each has processes of its own, and all share a few cores.
struct Turnstile: SuiteTrait, TestTrait, TestScoping {
  private actor Gate {
    private var free: Int
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(width: Int) {
      free = width
    }

    func enter() async {
      if free > 0 {
        free -= 1
      } else {
        await withCheckedContinuation { queue.append($0) }
      }
    }

    func leave() {
      if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() }
    }
  }

  private static let gate = Gate(width: 10)

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await Self.gate.enter()
    do {
      try await function()
    } catch {
      await Self.gate.leave()
      throw error
    }
    await Self.gate.leave()
  }
}

extension Trait where Self == Turnstile {
  /// A few at a time.
  static var turnstile: Self { Turnstile() }
}
