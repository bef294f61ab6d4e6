/// One reader's way through a profile's events: connects, comes back where the connection ends, and leaves out what
/// it has told already.
final class EventStream {
  /// Nothing for this long, not even a heartbeat (every 15 s), means that nobody is there any more.
  static let silence = Duration.seconds(45)

  private let client: TokenClient
  private var reply: StreamedReply?
  private var parser = EventParser()
  private var pending: [TokenEvent] = []
  private var lastHeader: AuthorizationHeader?
  private var lastStatus: ProfileStatus?
  private var hasBeenHeard = false
  private var isInterrupted = false

  init(_ client: TokenClient) {
    self.client = client
  }

  deinit {
    reply?.abandon()
  }

  func next(isolation actor: isolated (any Actor)?) async throws(TokenClientError) -> TokenEvent? {
    while true {
      if Task.isCancelled { return nil }
      if !pending.isEmpty { return pending.removeFirst() }
      do throws(TokenClientError) {
        try await receive(isolation: actor)
      } catch {
        reply = nil
        if error == .cancelled { return nil }
        guard hasBeenHeard, error.isTransient else { throw error }
        if !isInterrupted {
          isInterrupted = true
          return .interrupted(error)
        }
        // Many readers of one daemon don't come back in step.
        let delay = parser.retry * Double.random(in: 1...1.5)
        do { try await Task.sleep(for: delay) } catch { return nil }
      }
    }
  }

  /// Waits for the next piece and takes it apart.
  private func receive(isolation actor: isolated (any Actor)?) async throws(TokenClientError) {
    if reply == nil { reply = try connect() }
    guard let reply else { return }
    switch await reply.next(isolation: actor) {
    case .bytes(let bytes):
      hasBeenHeard = true
      isInterrupted = false
      for event in parser.parse(bytes) { take(event) }
    case .end(.success(let answer)) where answer.status != 200:
      throw ProblemDocument.error(of: answer, profile: client.profile, path: client.socketPath)
    case .end(.success):
      throw .connection(path: client.socketPath, reason: "the daemon ended it")
    case .end(.failure(let error)):
      throw error
    }
  }

  private func connect() throws(TokenClientError) -> StreamedReply {
    parser.restart()
    let fields = parser.lastID.map { ["Last-Event-ID: \($0)"] } ?? []
    return StreamedReply(
      to: HTTPRequest(
        socketPath: client.socketPath, .get, try client.profilePath() + "/events",
        fields: ["Accept: text/event-stream"] + fields, timeout: client.timeout),
      silence: Self.silence)
  }

  private func take(_ event: EventParser.Event) {
    switch event.name {
    case "state":
      guard let status = try? JSON.decode(ProfileStatus.self, Array(event.data.utf8)) else { return }
      lastStatus = status
      pending.append(.state(status))
    case "header":
      guard event.data != lastHeader?.value, AuthorizationHeader.isValue(event.data) else { return }
      // The state that tells of a token comes before its header.
      let header = AuthorizationHeader(value: event.data, expiresAt: lastStatus?.expiresAt)
      lastHeader = header
      pending.append(.header(header))
    default: break
    }
  }
}
