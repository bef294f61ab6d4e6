internal import Synchronization

/// An answer whose body comes piece by piece, for one reader.
final class StreamedReply: Sendable {
  enum Piece: Sendable {
    case bytes([UInt8])
    /// Nothing comes any more. A failed answer has its body; that of a stream has come already.
    case end(Result<HTTPAnswer, TokenClientError>)
  }

  /// Bytes that may wait for the reader; then the transfer ends, and whoever is too slow comes back for the newest.
  private static let limit = 1 << 20

  private struct State {
    var bytes: [UInt8] = []
    var end: Result<HTTPAnswer, TokenClientError>?
    var reader: CheckedContinuation<Piece, Never>?

    /// What the reader who waits is to be told.
    mutating func deliver() -> (CheckedContinuation<Piece, Never>, Piece)? {
      guard let reader, let piece = takePiece() else { return nil }
      self.reader = nil
      return (reader, piece)
    }

    mutating func takePiece() -> Piece? {
      guard bytes.isEmpty else {
        defer { bytes = [] }
        return .bytes(bytes)
      }
      return end.map { .end($0) }
    }
  }

  private let id = TransferThread.newID()
  private let state = Mutex(State())

  init(to request: HTTPRequest, silence: Duration) {
    TransferThread.start(id, request, receiver: { [weak self] in self?.take($0) ?? false }, silence: silence)
    {
      [weak self] result in self?.finish(result)
    }
  }

  /// The next piece; one reader at a time. Cancelling the task ends the transfer.
  func next(isolation actor: isolated (any Actor)?) async -> Piece {
    let id = id
    return await withTaskCancellationHandler(
      operation: {
        await withCheckedContinuation(isolation: actor) { continuation in
          let piece = state.withLock { state -> Piece? in
            if let piece = state.takePiece() { return piece }
            state.reader = continuation
            return nil
          }
          if let piece { continuation.resume(returning: piece) }
        }
      }, onCancel: { TransferThread.abandon(id) }, isolation: actor)
  }

  func abandon() {
    TransferThread.abandon(id)
  }

  private func take(_ bytes: [UInt8]) -> Bool {
    let (delivery, isTaken) = state.withLock { state in
      guard state.bytes.count + bytes.count <= Self.limit else { return (state.deliver(), false) }
      state.bytes += bytes
      return (state.deliver(), true)
    }
    if let (reader, piece) = delivery { reader.resume(returning: piece) }
    return isTaken
  }

  private func finish(_ result: Result<HTTPAnswer, TokenClientError>) {
    let delivery = state.withLock { state in
      state.end = state.end ?? result
      return state.deliver()
    }
    if let (reader, piece) = delivery { reader.resume(returning: piece) }
  }
}
