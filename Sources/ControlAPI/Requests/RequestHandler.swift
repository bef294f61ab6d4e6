import LinuxSystem
import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

/// Answers requests, from the profiles' states or once the daemon has replied. Confined to the event loop.
final class RequestHandler {
  /// What comes of a request.
  enum Reply {
    case now(Response)
    /// Events follow, beginning with these.
    case stream(profile: String, [UInt8])
    /// The answer comes through ``Connection/respond(_:to:)``.
    case later
  }

  let service: ControlService
  let loop: any EventLoop
  private let limits: ServingLimits
  let streams: EventStreams
  let monitoring: MonitoringRequests
  var pending = PendingRequests()
  private var lastRequest: UInt64 = 0
  private var dateCache: (second: Int64, text: String) = (.min, "")

  init(_ service: ControlService, loop: any EventLoop, _ limits: ServingLimits) {
    self.service = service
    self.loop = loop
    self.limits = limits
    streams = EventStreams(service, loop: loop, heartbeat: TimeAmount(limits.heartbeat))
    monitoring = MonitoringRequests(service, loop: loop)
  }

  /// A number that no other request of this process has; it names the request's demand as well.
  func newRequest() -> UInt64 {
    lastRequest += 1
    return lastRequest
  }

  // MARK: - The head

  /// Decides by the head what becomes of the request and which body it may have.
  func plan(_ head: HTTPRequestHead, _ offer: ControlOffer, _ caller: ControlCaller?) -> RequestPlan {
    do throws(Problem) {
      try CallerGuard.checkFraming(head)
      let target = try RequestTarget(head.uri)
      try CallerGuard.check(head, target, offering: offer)
      let route = try Route.find(head.method, target, offering: offer)
      guard case .rejected(let name) = route else {
        return RequestPlan(route: .success(route), body: otherBody(head.method))
      }
      let prefix = try admit(caller, to: name).token?.prefixCount ?? 0
      return RequestPlan(route: .success(route), body: .kept(upTo: limits.reportBody + max(prefix, 1 << 10)))
    } catch {
      return RequestPlan(route: .failure(error), body: otherBody(head.method))
    }
  }

  private func otherBody(_ method: HTTPMethod) -> BodyRule {
    method == .POST ? .ignored(upTo: limits.ignoredBody) : .none
  }

  /// - Throws: 404 if there is no such profile, 403 if its access list turns the caller away.
  private func admit(_ caller: ControlCaller?, to name: String) throws(Problem) -> ProfileState {
    guard let state = streams.state(of: name) else { throw .unknownProfile(name) }
    guard let caller, service.admits(caller, to: state) else { throw .accessDenied(name) }
    return state
  }

  // MARK: - The whole request

  func reply(to request: IncomingRequest, on connection: Connection) -> Reply {
    do throws(Problem) {
      return try reply(to: request.plan.route.get(), request, connection)
    } catch {
      return .now(error.response)
    }
  }

  private func reply(
    to route: Route, _ request: IncomingRequest, _ connection: Connection
  ) throws(Problem) -> Reply {
    let caller = connection.caller
    switch route {
    case .profiles:
      let clock = ClockReading.current()
      let states = streams.states.filter { caller?.mayRead($0) ?? false }
      return .now(.json(ProfileList(profiles: states.map { StateDocument($0, clock) })))
    case .profile(let name):
      return .now(.json(StateDocument(try admit(caller, to: name), .current())))
    case .header(let name, let least):
      return try header(.body, of: try admit(caller, to: name), least, request, connection)
    case .authorization(let name, let least):
      return try header(.authorization, of: try admit(caller, to: name), least, request, connection)
    case .refresh(let name):
      let state = try admit(caller, to: name)
      wait(for: .refresh, of: state, request, connection, demanding: .now)
      return .later
    case .rejected(let name):
      let reported = try ReportedHeader.read(request.body)
      return replacement(of: reported, try admit(caller, to: name), request, connection)
    case .events(let name):
      let state = try admit(caller, to: name)
      let events = streams.opening(of: state.name, after: request.head.headers.first(name: "last-event-id"))
      return .stream(profile: name, events)
    case .readyz:
      return .now(try readiness())
    case .livez:
      monitoring.livez(request.facts.id, connection)
      return .later
    case .metrics:
      let format = MetricsText.Format(accept: request.head.headers.first(name: "accept"))
      monitoring.metrics(format, request.facts.id, connection)
      return .later
    }
  }

  private func readiness() throws(Problem) -> Response {
    let now = ClockReading.current().now
    let states = streams.states
    let missing = states.filter { $0.token(at: now) == nil }.map(\.name)
    guard missing.isEmpty, !states.isEmpty else {
      throw Problem(
        .serviceUnavailable, "no valid token for \(missing.joined(separator: ", "))", code: .notReady,
        retryAfter: 1, profiles: missing)
    }
    return .json(Health(status: "ready"))
  }

  /// The request's connection has ended.
  func abandon(_ id: UInt64) {
    monitoring.abandon(id)
    guard let request = pending.remove(id) else { return }
    if request.isDemand { service.ask(.cancel(DemandID(id))) }
  }

  // MARK: - What happens

  func post(_ postings: [ControlPosting]) {
    for posting in postings {
      switch posting {
      case .changed(let state): take(state)
      case .removed(let name):
        streams.remove(name)
        for id in pending.all(of: name) { finish(id, Problem.unknownProfile(name).response) }
      case .answered(let demands, let outcome, let state):
        if let state { take(state) }
        for demand in demands { end(demand.number, outcome, state) }
      }
    }
  }

  private func take(_ state: ProfileState) {
    streams.update(state)
    for id in pending.all(of: state.name) { _ = serve(id, state) }
  }

  /// Answers a pending request.
  func finish(_ id: UInt64, _ response: Response) {
    pending.remove(id)?.connection.respond(response, to: id)
  }

  func subscribe(_ connection: Connection, to profile: String) { streams.add(connection, to: profile) }

  func unsubscribe(_ connection: Connection, from profile: String) {
    streams.remove(connection, from: profile)
  }

  /// Answers whatever is pending.
  func stop() {
    for id in pending.all { finish(id, Problem.stopping.response) }
    monitoring.stop()
    streams.stop()
  }

  // MARK: - Small things

  func note(_ status: HTTPResponseStatus) { monitoring.note(status) }

  /// The `Date` header (RFC 9110 section 6.6.1).
  var date: String {
    let now = timeOfDay()
    let second = Int64(exactly: now.rounded(.down)) ?? 0
    if dateCache.second != second { dateCache = (second, HTTPDate.text(now)) }
    return dateCache.text
  }
}

struct ProfileList: Encodable {
  let profiles: [StateDocument]
}

struct Health: Encodable {
  let status: String
}
