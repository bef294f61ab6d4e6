internal import Dispatch
internal import Synchronization

/// Runs what is asynchronous from a command that isn't, and waits for it.
///
/// Commands aren't `AsyncParsableCommand`s: under an asynchronous `main` the main thread sits in sigsuspend(2) and takes
/// every signal, blocked or not, away from signalfd(2).
package func waitFor<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) throws
  -> Value
{
  let over = DispatchSemaphore(value: 0)
  let result = Mutex<Result<Value, any Error>?>(nil)
  Task {
    do {
      let value = try await operation()
      result.withLock { $0 = .success(value) }
    } catch {
      result.withLock { $0 = .failure(error) }
    }
    over.signal()
  }
  over.wait()
  guard let ended = result.withLock({ $0 }) else { throw CancellationError() }
  return try ended.get()
}
