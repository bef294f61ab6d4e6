import Glibc

/// Runs what blocks on a thread of its own, so that the tests beside it go on.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    startThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}

private final class Body {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

func startThread(_ body: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Body(body)).toOpaque()
  let code = pthread_create(
    &thread, nil,
    { box in
      guard let box else { return nil }
      Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run()
      return nil
    }, box)
  precondition(code == 0, "no thread for a test: \(code)")
  pthread_detach(thread)
}
