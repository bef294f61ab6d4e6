import LinuxSystem
import Synchronization
import Systemd
import TokenConfig
import TokenCore

/// The serving thread's work: accept, identify, send, close, and never block. Readers that come before there is
/// a header are kept in a ``WaitingRoom``.
final class ServingLoop {
  static let wakeUpTag: UInt64 = 0
  /// Connections taken from one socket before the others have their turn.
  private static let longestBurst = 128

  private let epoll: Epoll
  private unowned let server: TokenServer
  private let report: @Sendable (ServingReport) -> Void
  private var sockets: [UInt64: ReaderSocket] = [:]
  private var waiting: WaitingRoom
  private var nextTag: UInt64 = 1
  private var burst = 1
  /// Given up for a moment when there is no other descriptor left to accept with.
  private var spare: OwnedFD?
  private var denials = ReportLimits(interval: .seconds(10))
  private var exhaustion = ReportLimit(interval: .seconds(60))
  private var crowds = ReportLimits(interval: .seconds(60))

  init(
    epoll: consuming Epoll, server: TokenServer, report: @escaping @Sendable (ServingReport) -> Void
  ) {
    self.epoll = epoll
    self.server = server
    self.report = report
    waiting = WaitingRoom(descriptorLimit: ProcessLimits.raiseDescriptorLimit())
    spare = Self.spareDescriptor()
  }

  /// Runs until it is told to shut down.
  func run() {
    var tags: [UInt64] = []
    while true {
      epoll.wait(timeout: waiting.timeout(now: .now()), into: &tags)
      for tag in tags where tag != Self.wakeUpTag {
        if let socket = sockets[tag] {
          accept(from: socket)
        } else if let reader = waiting[tag] {
          proceed(reader, tag)
        }
      }
      if tags.contains(Self.wakeUpTag), !obey(server.takeCommands()) { return }
      waiting.removeOverdue(now: .now())
    }
  }

  /// - Returns: whether to go on.
  private func obey(_ commands: [TokenServer.Command]) -> Bool {
    for command in commands {
      switch command {
      case .add(let socket): add(socket)
      case .remove(let socket): remove(socket)
      case .posted: answerWaiting()
      case .shutDown(let answeringQueue):
        if answeringQueue { sockets.values.forEach(remove) }
        return false
      }
    }
    return true
  }

  private func add(_ socket: ReaderSocket) {
    let tag = freshTag()
    do {
      try epoll.add(socket.listener.descriptor.raw, .readable, tag: tag)
      sockets[tag] = socket
    } catch {
      report(.outOfDescriptors(errno: error.errno, leftOut: 0))
    }
  }

  private func remove(_ socket: ReaderSocket) {
    while accept(from: socket) {}
    epoll.remove(socket.listener.descriptor.raw)
    waiting.removeAll { $0.socket === socket }
    sockets = sockets.filter { $0.value !== socket }
  }

  /// Takes some of those who are queued. Where a burst was cut there is more to take, so the next one is longer;
  /// a lone reader costs no call that finds the queue empty.
  ///
  /// - Returns: whether there may be more.
  @discardableResult
  private func accept(from socket: ReaderSocket) -> Bool {
    for _ in 0..<burst {
      switch socket.listener.accept() {
      case .connection(let connection, let address): receive(connection, from: address, socket)
      case .vanished: continue
      case .queueEmpty:
        burst = 1
        return false
      case .exhausted(let code): return turnAwayNext(socket, code)
      }
    }
    burst = min(burst * 2, Self.longestBurst)
    return true
  }

  /// The reader at the head of the queue is closed unanswered, so that those behind it don't wait in vain.
  private func turnAwayNext(_ socket: ReaderSocket, _ code: Int32) -> Bool {
    if let leftOut = exhaustion.admit(.now()) { report(.outOfDescriptors(errno: code, leftOut: leftOut)) }
    spare = nil
    defer { spare = Self.spareDescriptor() }
    if case .connection = socket.listener.accept() { return true }
    return false
  }

  private func receive(_ connection: consuming OwnedFD, from address: [UInt8], _ socket: ReaderSocket) {
    guard let identity = try? PeerIdentity(of: connection.raw) else { return }
    let assignment = socket.assignment
    let peer = Peer(identity, address: address)
    if case .denied(let unit) = AccessRule.judge(peer, socket: connection.raw, by: assignment.settings.access)
    {
      return turnAway(peer, unit, socket, assignment)
    }
    guard let header = assignment.board.header else {
      // systemd would start the unit with an empty credential, so that unit's own time-out is what counts.
      let deadline = peer.credentialUnit == nil ? BootTime.now() + assignment.settings.wait : nil
      return wait(Reader(connection, socket: socket, peer: peer, deadline: deadline), .hangUp)
    }
    guard let sent = send(header, from: 0, to: connection) else { return }
    if sent == header.count { return finish(peer, connection, socket, assignment) }
    let reader = Reader(connection, socket: socket, peer: peer, deadline: .now() + WaitingRoom.sendingTime)
    reader.rest = (header, sent)
    wait(reader, .writable)
  }

  private func finish(
    _ peer: Peer, _ connection: borrowing OwnedFD, _ socket: ReaderSocket,
    _ assignment: ReaderSocket.Assignment
  ) {
    socket.served.add(1, ordering: .relaxed)
    guard assignment.settings.audit == .all else { return }
    let unit = peer.credentialUnit ?? PeerUnit.ofPeer(connection.raw, peer.identity)
    report(.served(profile: assignment.profile, peer: peer, unit: unit))
  }

  private func turnAway(
    _ peer: Peer, _ unit: String?, _ socket: ReaderSocket, _ assignment: ReaderSocket.Assignment
  ) {
    socket.denied.add(1, ordering: .relaxed)
    guard assignment.settings.audit != .none else { return }
    guard let leftOut = denials.admit(assignment.profile, .now()) else { return }
    report(.denied(profile: assignment.profile, peer: peer, unit: unit, leftOut: leftOut))
  }

  private func wait(_ reader: Reader, _ interest: Epoll.Interest) {
    guard waiting.hasRoom(for: reader) else {
      let profile = reader.socket.assignment.profile
      if let leftOut = crowds.admit(profile, .now()) {
        report(.tooManyWaiting(profile: profile, limit: waiting.limit, leftOut: leftOut))
      }
      return
    }
    let tag = freshTag()
    guard (try? epoll.add(reader.descriptor.raw, interest, tag: tag)) != nil else { return }
    waiting.add(reader, tag)
  }

  private func answerWaiting() {
    for (tag, reader) in waiting.withoutHeader {
      guard let header = reader.socket.assignment.board.header else { continue }
      reader.rest = (header, 0)
      proceed(reader, tag)
    }
  }

  /// A reader has hung up, or has room again, or there is a header for it.
  private func proceed(_ reader: Reader, _ tag: UInt64) {
    guard let (header, sent) = reader.rest, let count = send(header, from: sent, to: reader.descriptor) else {
      return waiting.remove(tag)
    }
    if sent + count == header.count {
      finish(reader.peer, reader.descriptor, reader.socket, reader.socket.assignment)
      return waiting.remove(tag)
    }
    if sent == 0 {
      guard (try? epoll.change(reader.descriptor.raw, .writable, tag: tag)) != nil else {
        return waiting.remove(tag)
      }
      waiting.setDeadline(of: tag, .now() + WaitingRoom.sendingTime)
    }
    reader.rest = (header, sent + count)
  }

  private func send(_ header: Secret, from start: Int, to connection: borrowing OwnedFD) -> Int? {
    header.withBytes { connection.sendNow($0[start...]) }
  }

  private func freshTag() -> UInt64 {
    defer { nextTag += 1 }
    return nextTag
  }

  private static func spareDescriptor() -> OwnedFD? {
    try? OwnedFD.spare()
  }
}
