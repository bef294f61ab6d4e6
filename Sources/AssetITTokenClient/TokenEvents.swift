/// A profile's state and header now, then each change, without end: ``TokenClient/events``.
///
/// Where the daemon can't be heard any more, the sequence says so once, with ``TokenEvent/interrupted(_:)``, and
/// goes on trying. It throws where the first attempt to reach the daemon fails and where trying is of no use: the
/// profile is gone, or this caller may not read it. Whoever takes long to come back misses what is out of date by
/// then, and never the newest header.
public struct TokenEvents: AsyncSequence, Sendable {
  public typealias Element = TokenEvent
  public typealias Failure = TokenClientError

  let client: TokenClient

  public func makeAsyncIterator() -> Iterator { Iterator(EventStream(client)) }

  public struct Iterator: AsyncIteratorProtocol {
    private let stream: EventStream

    init(_ stream: EventStream) {
      self.stream = stream
    }

    public mutating func next() async throws(TokenClientError) -> TokenEvent? {
      try await next(isolation: nil)
    }

    /// - Returns: `nil` where the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(TokenClientError) -> TokenEvent? {
      try await stream.next(isolation: actor)
    }
  }
}
