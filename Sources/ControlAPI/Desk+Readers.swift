import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

extension Desk {
  /// Gives the header, now or once there is one that is good for long enough.
  func header(
    _ state: ProfileState, _ least: Duration, isRead: Bool, _ connection: Connection
  ) throws(Problem) {
    let moment = Clocks.current()
    if let token = state.token(at: moment.now), token.deadline - moment.now >= least {
      return give(token, of: state, isRead: isRead, connection, connection.ticket, moment)
    }
    if let longest = state.newestLifetime, least > longest { throw .minValidTooLong(state, moment) }
    var reader = WaitingReader(
      connection: connection, ticket: connection.ticket, profile: state.name, least: least, isRead: isRead)
    let id = connection.id
    if least == .zero {
      // The machine is at it already; there is nobody to ask.
      let wait = TimeAmount.nanoseconds(state.socket.wait.nanoseconds)
      reader.timer = loop.assumeIsolated().scheduleTask(in: wait) { [self] in giveUp(id) }
      waiting[id] = reader
      return
    }
    waiting[id] = reader
    let ticket = connection.ticket
    demand(.minimumValidity(least), of: state, patience: state.socket.wait, connection) { desk, outcome in
      desk.end(waitOf: id, ticket, outcome)
    }
  }

  private func give(
    _ token: ProfileState.Token, of state: ProfileState, isRead: Bool, _ connection: Connection,
    _ ticket: UInt64, _ moment: Clocks
  ) {
    if isRead, let caller = connection.caller { service.noteServed(caller, state) }
    let expires = HTTPDate.text(moment.wall(token.deadline))
    let answer = Answer(
      .ok, "text/plain; charset=us-ascii", token.header.withBytes { $0.withUnsafeBytes { Array($0) } },
      headers: [Answer.noStore, ("Expires", expires)])
    connection.respond(answer, to: ticket)
  }

  private func giveUp(_ id: UInt64) {
    guard let reader = waiting.removeValue(forKey: id) else { return }
    let moment = Clocks.current()
    let problem =
      logs[reader.profile].map { Problem.noToken($0.state, moment) } ?? .unknownProfile(reader.profile)
    reader.connection.respond(problem.answer, to: reader.ticket)
  }

  private func end(waitOf id: UInt64, _ ticket: UInt64, _ outcome: RefreshOutcome) {
    guard let reader = waiting[id], reader.ticket == ticket, !serve(id) else { return }
    waiting[id] = nil
    let moment = Clocks.current()
    guard let state = logs[reader.profile]?.state else {
      return reader.connection.respond(Problem.unknownProfile(reader.profile).answer, to: ticket)
    }
    let isBeyond = state.newestLifetime.map { reader.least > $0 } ?? false
    let problem: Problem =
      switch outcome {
      case .unknownProfile: .unknownProfile(reader.profile)
      case .tooMany: .tooManyRequests
      case .deferred(let until): .deferred(reader.profile, until, moment)
      case .impossible: .minValidTooLong(state, moment)
      case .refreshed, .notNeeded, .failed:
        isBeyond ? .minValidTooLong(state, moment) : .refreshFailed(state, moment)
      }
    reader.connection.respond(problem.answer, to: ticket)
  }

  /// - Returns: whether the reader got its header, or a denial.
  private func serve(_ id: UInt64) -> Bool {
    guard let reader = waiting[id], let state = logs[reader.profile]?.state else { return false }
    guard let caller = reader.connection.caller, service.admits(caller, to: state) else {
      waiting.removeValue(forKey: id)?.timer?.cancel()
      reader.connection.respond(Problem.accessDenied(state.name).answer, to: reader.ticket)
      return true
    }
    let moment = Clocks.current()
    guard let token = state.token(at: moment.now), token.deadline - moment.now >= reader.least else {
      return false
    }
    waiting.removeValue(forKey: id)?.timer?.cancel()
    give(token, of: state, isRead: reader.isRead, reader.connection, reader.ticket, moment)
    return true
  }

  /// Begins to send events to the connection.
  func subscribe(_ connection: Connection, to state: ProfileState, _ head: HTTPRequestHead) {
    guard let log = logs[state.name] else { return }
    let position = log.position(head.headers.first(name: "last-event-id"))
    let events = log.events(after: position, .current())
    // Whoever is cut off comes back after two seconds.
    if connection.stream(Array("retry: 2000\n\n".utf8) + events, to: connection.ticket) {
      subscribers[state.name, default: [:]][connection.id] = connection
      if let caller = connection.caller, state.token != nil { service.noteServed(caller, state) }
    }
  }

  /// Takes what has happened, and tells those who wait for it.
  func post(_ postings: [ControlPosting]) {
    for posting in postings {
      switch posting {
      case .changed(let state): take(state)
      case .removed(let name): remove(name)
      case .answered(let ids, let outcome, let state):
        if let state { take(state) }
        for id in ids { demands.removeValue(forKey: id)?(self, outcome) }
      }
    }
  }

  private func take(_ state: ProfileState) {
    update(state, .current())
    for (id, reader) in waiting where reader.profile == state.name { _ = serve(id) }
  }

  private func remove(_ name: String) {
    logs[name] = nil
    for connection in (subscribers.removeValue(forKey: name) ?? [:]).values { connection.endStream() }
    for (id, reader) in waiting where reader.profile == name {
      reader.timer?.cancel()
      waiting[id] = nil
      reader.connection.respond(Problem.unknownProfile(name).answer, to: reader.ticket)
    }
  }

  private func update(_ state: ProfileState, _ moment: Clocks) {
    guard var log = logs[state.name] else {
      logs[state.name] = EventLog(state, run: newRun())
      return
    }
    let before = log.state
    let events = log.update(state, moment)
    logs[state.name] = log
    if before.socket != state.socket {
      for connection in (subscribers[state.name] ?? [:]).values where !mayRead(connection, state) {
        connection.endStream()
        subscribers[state.name]?[connection.id] = nil
      }
    }
    guard !events.isEmpty, let listeners = subscribers[state.name] else { return }
    let buffer = ByteBuffer(bytes: events)
    for connection in listeners.values {
      connection.send(event: buffer)
      // One that was cut off for not reading got nothing.
      if connection.isOpen, let caller = connection.caller, before.token?.header != state.token?.header,
        state.token != nil
      {
        service.noteServed(caller, state)
      }
    }
  }

  private func mayRead(_ connection: Connection, _ state: ProfileState) -> Bool {
    connection.caller.map { service.admits($0, to: state) } ?? false
  }
}
