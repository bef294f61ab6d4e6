import LinuxSystem
import NIOCore
import TokenCore
import TokenService

/// Every profile's newest state, and the subscribers who are told of each change. Confined to the event loop.
final class EventStreams {
  private let service: ControlService
  private let loop: any EventLoop
  private let heartbeat: TimeAmount
  private var logs: [String: EventLog] = [:]
  private var subscribers: [String: [UInt64: Connection]] = [:]
  private var lastRun: UInt64 = 0
  /// Tells this process's event ids from those of another one.
  private let processName = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  private var beat: Scheduled<Void>?

  init(_ service: ControlService, loop: any EventLoop, heartbeat: TimeAmount) {
    self.service = service
    self.loop = loop
    self.heartbeat = heartbeat
  }

  func state(of profile: String) -> ProfileState? { logs[profile]?.state }

  /// In order of names.
  var states: [ProfileState] { logs.values.map(\.state).sorted { $0.name < $1.name } }

  var subscriberCount: Int { subscribers.values.reduce(0) { $0 + $1.count } }

  /// What a new subscriber is told at first. `lastEventID`: what it has seen, if it comes back.
  func opening(of profile: String, after lastEventID: String?) -> [UInt8] {
    guard let log = logs[profile] else { return [] }
    // A subscriber that is cut off comes back after two seconds.
    return Array("retry: 2000\n\n".utf8) + log.events(after: log.position(lastEventID), .current())
  }

  func add(_ connection: Connection, to profile: String) {
    subscribers[profile, default: [:]][connection.id] = connection
    if let caller = connection.caller, let state = state(of: profile), state.token != nil {
      service.noteServed(caller, state)
    }
    scheduleBeat()
  }

  func remove(_ connection: Connection, from profile: String) {
    subscribers[profile]?[connection.id] = nil
    if subscribers[profile]?.isEmpty ?? false { subscribers[profile] = nil }
  }

  /// The profile is gone: its streams end.
  func remove(_ profile: String) {
    logs[profile] = nil
    for connection in (subscribers.removeValue(forKey: profile) ?? [:]).values { connection.endStream() }
  }

  func update(_ state: ProfileState) {
    guard var log = logs[state.name] else {
      lastRun += 1
      logs[state.name] = EventLog(state, run: "\(processName).\(lastRun)")
      return
    }
    let before = log.state
    let events = log.update(state, .current())
    logs[state.name] = log
    if before.socket != state.socket { turnAway(from: state) }
    guard !events.isEmpty, let listeners = subscribers[state.name] else { return }
    let buffer = ByteBuffer(bytes: events)
    let isHeaderNew = state.token != nil && before.token?.header != state.token?.header
    for connection in listeners.values {
      connection.send(event: buffer)
      // One that was cut off for not reading got nothing.
      if isHeaderNew, connection.isOpen, let caller = connection.caller { service.noteServed(caller, state) }
    }
  }

  /// Ends the streams of subscribers that may not read the profile any more.
  private func turnAway(from state: ProfileState) {
    for connection in (subscribers[state.name] ?? [:]).values {
      let mayStay = connection.caller.map { service.admits($0, to: state) } ?? false
      if !mayStay { connection.endStream() }
    }
  }

  /// There is no timer while nobody listens.
  private func scheduleBeat() {
    guard beat == nil, !subscribers.isEmpty else { return }
    beat = loop.assumeIsolated().scheduleTask(in: heartbeat) { [self] in
      beat = nil
      let comment = ByteBuffer(string: ":\n\n")
      for connection in subscribers.values.flatMap(\.values) { connection.send(event: comment) }
      scheduleBeat()
    }
  }

  func stop() {
    beat?.cancel()
    beat = nil
  }
}
