import TokenCore
import TokenService

/// One profile's events (server-sent events, WHATWG HTML section 9.2), numbered so that who comes back gets what it
/// hasn't seen. Only the newest of each kind is kept: what came before it is of no use to anybody.
struct EventLog {
  /// What `Last-Event-ID` said; ids of another process mean nothing here.
  struct Position: Equatable {
    let number: UInt64
  }

  /// Names this process in ids.
  let run: String
  private(set) var state: ProfileState
  private var stateNumber: UInt64
  private var headerNumber: UInt64
  private var newest: UInt64

  init(_ state: ProfileState, run: String) {
    self.run = run
    self.state = state
    stateNumber = 1
    headerNumber = state.token == nil ? 0 : 2
    newest = 2
  }

  /// - Returns: what subscribers are to be told, which may be nothing.
  mutating func update(_ new: ProfileState, _ moment: ClockReading) -> [UInt8] {
    let before = newest
    let old = state
    state = new
    if !Self.looksAlike(old, new) {
      newest += 1
      stateNumber = newest
    }
    if let token = new.token, token.header != old.token?.header {
      newest += 1
      headerNumber = newest
    }
    return events(after: Position(number: before), moment)
  }

  /// What somebody who has seen everything up to `position` is to be told.
  func events(after position: Position?, _ moment: ClockReading) -> [UInt8] {
    let seen = position?.number ?? 0
    var events: [(number: UInt64, bytes: [UInt8])] = []
    if stateNumber > seen {
      let document = JSONDocument.bytes(StateDocument(state, moment)).dropLast()
      events.append((stateNumber, event("state", stateNumber, document)))
    }
    if headerNumber > seen, let token = state.token(at: moment.now) {
      events.append(
        (
          headerNumber,
          event("header", headerNumber, token.header.bytes[...])
        ))
    }
    return events.sorted { $0.number < $1.number }.flatMap(\.bytes)
  }

  /// - Returns: `nil` for an id of another process, or none.
  func position(_ lastEventID: String?) -> Position? {
    guard let parts = lastEventID?.split(separator: "-"), parts.count == 2, parts[0] == run,
      let number = UInt64(parts[1]), number <= newest
    else { return nil }
    return Position(number: number)
  }

  private func event(_ name: String, _ number: UInt64, _ data: ArraySlice<UInt8>) -> [UInt8] {
    Array("id: \(run)-\(number)\nevent: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8)
  }

  /// Whether a subscriber would see no difference; settings are none of its business.
  private static func looksAlike(_ old: ProfileState, _ new: ProfileState) -> Bool {
    old.token == new.token && old.isRefreshing == new.isRefreshing && old.nextRefreshAt == new.nextRefreshAt
      && old.lastFailure == new.lastFailure && old.credentials == new.credentials
      && old.problems == new.problems
  }
}
