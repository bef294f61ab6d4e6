import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

extension Desk {
  /// Answers a request, now or later.
  func answer(_ head: HTTPRequestHead, _ body: [UInt8], to connection: Connection) {
    do throws(Problem) {
      try BrowserGuard.check(head, offering: connection.offer)
      let route = try Route.find(head.method, RequestTarget(head.uri), offering: connection.offer)
      try perform(route, head, body, connection)
    } catch {
      connection.respond(error.answer, to: connection.ticket)
    }
  }

  private func perform(
    _ route: Route, _ head: HTTPRequestHead, _ body: [UInt8], _ connection: Connection
  ) throws(Problem) {
    let ticket = connection.ticket
    switch route {
    case .profiles:
      let moment = Clocks.current()
      let states = logs.values.map(\.state).sorted { $0.name < $1.name }
      let seen = states.filter { connection.caller?.mayRead($0) ?? false }
      connection.respond(.json(ProfileList(profiles: seen.map { StateDocument($0, moment) })), to: ticket)
    case .profile(let name):
      let state = try admit(connection, to: name)
      connection.respond(.json(StateDocument(state, .current())), to: ticket)
    case .header(let name, let minValid):
      try header(admit(connection, to: name), minValid, isRead: head.method == .GET, connection)
    case .refresh(let name):
      let state = try admit(connection, to: name)
      demand(.now, of: state, connection) { desk, outcome in
        connection.respond(desk.refreshed(name, outcome), to: ticket)
      }
    case .rejected(let name):
      let state = try admit(connection, to: name)
      let refused = try RefusedHeader.read(body)
      demand(.replacement(of: refused), of: state, connection) { desk, outcome in
        connection.respond(desk.replaced(name, outcome), to: ticket)
      }
    case .events(let name):
      let state = try admit(connection, to: name)
      subscribe(connection, to: state, head)
    case .livez:
      let (loop, id) = (loop, connection.id)
      let desk = NIOLoopBound(self, eventLoop: loop)
      service.ask(
        .livenessCheck {
          loop.execute {
            desk.value.connections[id]?.respond(.json(Health(status: "alive")), to: ticket)
          }
        })
    case .readyz:
      connection.respond(try readiness(), to: ticket)
    case .metrics:
      let format = MetricsText.Format(accept: head.headers.first(name: "accept"))
      metrics(for: connection) { desk, metrics in
        let document = MetricsDocument(metrics: metrics, http: desk.currentStatistics, moment: .current())
        return Answer(.ok, format.contentType, document.rendered(as: format))
      }
    }
  }

  /// - Throws: 404 where there is no such profile, 403 where its access list turns the caller away.
  private func admit(_ connection: Connection, to name: String) throws(Problem) -> ProfileState {
    guard let state = logs[name]?.state else { throw .unknownProfile(name) }
    guard let caller = connection.caller, service.admits(caller, to: state) else {
      throw .accessDenied(name)
    }
    return state
  }

  private func readiness() throws(Problem) -> Answer {
    let moment = Clocks.current()
    let missing = logs.values.map(\.state).filter { $0.token(at: moment.now) == nil }.map(\.name).sorted()
    guard missing.isEmpty, !logs.isEmpty else {
      throw Problem(
        .serviceUnavailable, "no valid token for \(missing.joined(separator: ", "))", code: .notReady,
        retryAfter: 1, profiles: missing)
    }
    return .json(Health(status: "ready"))
  }

  /// Asks the daemon; `end` is called with what became of it, unless the connection ends before.
  func demand(
    _ wish: RefreshDemand.Wish, of state: ProfileState, patience: Duration = .zero, _ connection: Connection,
    _ end: @escaping (Desk, RefreshOutcome) -> Void
  ) {
    let id = newDemand()
    connection.demand = id
    demands[id] = end
    service.ask(
      .demand(
        RefreshDemand(
          id: id, profile: state.name, user: connection.caller?.uid ?? .max, wish: wish,
          patience: patience)))
  }

  private func metrics(
    for connection: Connection, _ answer: @escaping @Sendable (Desk, ControlMetrics) -> Answer
  ) {
    let (loop, id, ticket) = (loop, connection.id, connection.ticket)
    let desk = NIOLoopBound(self, eventLoop: loop)
    service.ask(
      .metrics { metrics in
        loop.execute { desk.value.connections[id]?.respond(answer(desk.value, metrics), to: ticket) }
      })
  }

  /// What became of `POST …/refresh`.
  private func refreshed(_ name: String, _ outcome: RefreshOutcome) -> Answer {
    guard let state = logs[name]?.state else { return Problem.unknownProfile(name).answer }
    let moment = Clocks.current()
    switch outcome {
    case .refreshed, .notNeeded: return .json(StateDocument(state, moment))
    case .failed, .impossible: return Problem.refreshFailed(state, moment).answer
    case .deferred(let until): return Problem.deferred(name, until, moment).answer
    case .tooMany: return Problem.tooManyRequests.answer
    case .unknownProfile: return Problem.unknownProfile(name).answer
    }
  }

  /// What became of `POST …/rejected`.
  private func replaced(_ name: String, _ outcome: RefreshOutcome) -> Answer {
    guard let state = logs[name]?.state, outcome != .unknownProfile else {
      return Problem.unknownProfile(name).answer
    }
    let moment = Clocks.current()
    let document = StateDocument(state, moment)
    switch outcome {
    case .refreshed, .notNeeded: return .json(document)
    case .tooMany: return Problem.tooManyRequests.answer
    default:
      let wait = moment.seconds(until: state.nextRefreshAt)
      return .json(document, .accepted, headers: [("Retry-After", "\(wait)")])
    }
  }
}

struct ProfileList: Encodable {
  let profiles: [StateDocument]
}

struct Health: Encodable {
  let status: String
}

extension Problem {
  static let tooManyRequests = Problem(
    .tooManyRequests, "too many requests wait for a refresh, in all or of this user", code: .tooManyRequests,
    retryAfter: 1)

  static func unknownProfile(_ name: String) -> Problem {
    Problem(.notFound, "there is no profile of this name", code: .unknownProfile)
  }

  static func accessDenied(_ name: String) -> Problem {
    Problem(
      .forbidden,
      "the access list of the profile \(name) turns this caller away: its user, group or unit belongs into"
        + " allow_users, allow_groups or allow_units", code: .accessDenied)
  }

  static func refreshFailed(_ state: ProfileState, _ moment: Clocks) -> Problem {
    let reason = state.lastFailure.map { ": \($0.cause)" } ?? ""
    return Problem(
      .serviceUnavailable, "the refresh brought no token\(reason)", code: .refreshFailed,
      retryAfter: moment.seconds(until: state.nextRefreshAt))
  }

  static func deferred(_ name: String, _ until: BootTime, _ moment: Clocks) -> Problem {
    Problem(
      .serviceUnavailable, "the refresh waits, so that AssetIT isn't asked too often; it comes by itself",
      code: .refreshDeferred, retryAfter: moment.seconds(until: until))
  }

  static func noToken(_ state: ProfileState, _ moment: Clocks) -> Problem {
    let reason = state.lastFailure.map { ": \($0.cause)" } ?? ""
    return Problem(
      .serviceUnavailable, "there is no valid token\(reason)", code: .noToken,
      retryAfter: moment.seconds(until: state.nextRefreshAt))
  }

  static func minValidTooLong(_ state: ProfileState, _ moment: Clocks) -> Problem {
    let longest = state.newestLifetime.map { " (the newest one for \($0.components.seconds) s)" } ?? ""
    return Problem(
      .serviceUnavailable, "no token of this service is good for that long\(longest)", code: .minValidTooLong,
      retryAfter: moment.seconds(until: state.nextRefreshAt))
  }
}
