import LinuxSystem
import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

extension RequestHandler {
  /// Gives the header, now or once there is one that is good for long enough.
  func header(
    _ form: HeaderForm, of state: ProfileState, _ least: Duration, _ request: IncomingRequest,
    _ connection: Connection
  ) throws(Problem) -> Reply {
    let clock = ClockReading.current()
    let isRead = request.head.method == .GET || form == .authorization
    if let token = state.token(at: clock.now), token.deadline - clock.now >= least {
      if isRead { noteServed(connection, state) }
      return .now(.header(token, as: form, clock))
    }
    if let longest = state.newestLifetime, least > longest { throw .minValidTooLong(state, clock) }
    let purpose = PendingRequest.Purpose.header(form, atLeast: least, isRead: isRead)
    if least == .zero {
      // The machine is at it already; there is nothing to ask for.
      wait(for: purpose, of: state, request, connection, atMost: state.socket.wait)
    } else {
      wait(for: purpose, of: state, request, connection, demanding: .minimumValidity(least))
    }
    return .later
  }

  /// Gives another header than the reported one, now or as soon as there is one.
  func replacement(
    of reported: Secret, _ state: ProfileState, _ request: IncomingRequest, _ connection: Connection
  ) -> Reply {
    let clock = ClockReading.current()
    let token = state.token(at: clock.now)
    if let token, !token.matches(reported) {
      noteServed(connection, state)
      return .now(.replacement(token, state, clock))
    }
    // Without a token the machine is at it already.
    wait(
      for: .replacement(of: reported), of: state, request, connection,
      demanding: token == nil ? nil : .replacement(of: reported), atMost: state.socket.wait)
    return .later
  }

  /// `time`: the request is answered at the latest then; `nil`: when the daemon does.
  func wait(
    for purpose: PendingRequest.Purpose, of state: ProfileState, _ request: IncomingRequest,
    _ connection: Connection, demanding wish: RefreshDemand.Wish? = nil, atMost time: Duration? = nil
  ) {
    let id = request.facts.id
    let timer = time.map { time in
      loop.assumeIsolated().scheduleTask(in: .nanoseconds(time.nanoseconds)) { [self] in timeOut(id) }
    }
    pending.add(
      PendingRequest(
        connection: connection, profile: state.name, purpose: purpose, isDemand: wish != nil, timer: timer),
      id)
    guard let wish else { return }
    let patience = wish == .now ? Duration.zero : state.socket.wait
    service.ask(
      .demand(
        RefreshDemand(
          id: DemandID(id), profile: state.name, user: connection.user, wish: wish, patience: patience)))
  }

  /// Serves a pending request from the profile's new state.
  ///
  /// - Returns: whether it has been answered.
  func serve(_ id: UInt64, _ state: ProfileState) -> Bool {
    guard let request = pending[id] else { return true }
    if case .refresh = request.purpose { return false }
    guard let caller = request.connection.caller, service.admits(caller, to: state) else {
      finish(id, Problem.accessDenied(state.name).response)
      return true
    }
    let clock = ClockReading.current()
    guard let token = state.token(at: clock.now) else { return false }
    switch request.purpose {
    case .refresh: return false
    case .header(let form, let least, let isRead):
      guard token.deadline - clock.now >= least else { return false }
      if isRead { noteServed(request.connection, state) }
      finish(id, .header(token, as: form, clock))
    case .replacement(let reported):
      guard !token.matches(reported) else { return false }
      noteServed(request.connection, state)
      finish(id, .replacement(token, state, clock))
    }
    return true
  }

  /// The daemon has answered the demand of this number; `state` is as it is after that.
  func end(_ id: UInt64, _ outcome: RefreshOutcome, _ state: ProfileState?) {
    guard let request = pending[id] else { return }
    guard let state else { return finish(id, Problem.unknownProfile(request.profile).response) }
    guard !serve(id, state) else { return }
    finish(id, response(to: request, outcome, state, .current()))
  }

  private func response(
    to request: PendingRequest, _ outcome: RefreshOutcome, _ state: ProfileState, _ clock: ClockReading
  ) -> Response {
    switch (outcome, request.purpose) {
    case (.unknownProfile, _): return Problem.unknownProfile(state.name).response
    case (.tooMany, _): return Problem.tooManyRequests.response
    case (.deferred(let until), _): return Problem.deferred(until, clock).response
    case (.refreshed, .refresh), (.notNeeded, .refresh): return .json(StateDocument(state, clock))
    case (.impossible, _): return Problem.minValidTooLong(state, clock).response
    case (_, .header(_, let least, _)) where state.newestLifetime.map({ least > $0 }) ?? false:
      return Problem.minValidTooLong(state, clock).response
    case (.refreshed, _), (.notNeeded, _), (.failed, _):
      return Problem.refreshFailed(state, clock).response
    }
  }

  private func timeOut(_ id: UInt64) {
    guard let request = pending[id], let state = streams.state(of: request.profile) else { return }
    if request.isDemand { service.ask(.cancel(DemandID(id))) }
    let clock = ClockReading.current()
    let problem: Problem = request.isDemand ? .refreshPending(state, clock) : .noToken(state, clock)
    finish(id, problem.response)
  }

  private func noteServed(_ connection: Connection, _ state: ProfileState) {
    if let caller = connection.caller { service.noteServed(caller, state) }
  }
}
