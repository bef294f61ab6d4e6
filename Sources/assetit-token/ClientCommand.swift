import ArgumentParser
import Dispatch
import Synchronization

/// A command that waits for answers.
///
/// It isn't an `AsyncParsableCommand`: under an asynchronous `main` the main thread sits in sigsuspend(2) and takes
/// every signal, blocked or not, away from signalfd(2).
protocol ClientCommand: ParsableCommand, Sendable {
  func perform() async throws
}

extension ClientCommand {
  func run() throws { try performAndWait() }

  func performAndWait() throws {
    let over = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Void, any Error>>(.success(()))
    Task {
      do {
        try await perform()
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      over.signal()
    }
    over.wait()
    try result.withLock { $0 }.get()
  }
}
