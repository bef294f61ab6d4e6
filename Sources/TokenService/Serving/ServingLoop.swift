import Glibc
import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// The serving thread's work: accept, identify, send, close, and never block. Readers that come before there is
/// a header are kept in a ``WaitingRoom``.
final class ServingLoop {
  static let wakeUpTag: UInt64 = 0
  /// Connections taken from one socket before the others have their turn.
  private static let longestBurst = 128
  /// How long those who are queued at the end are answered.
  private static let longestDrain = Duration.seconds(2)
  private static let restTime = Duration.milliseconds(100)

  let epoll: Epoll
  let ownProcess = getpid()
  private unowned let server: TokenServer
  let report: @Sendable (ServingReport) -> Void
  private var sockets: [UInt64: ReaderSocket] = [:]
  var waiting: WaitingRoom
  private var nextTag: UInt64 = 1
  private var burst = 1
  /// Given up for a moment when there is no other descriptor left to accept with.
  private var spare: OwnedFD?
  /// Sockets that are left alone for a moment, since there is no descriptor to accept with.
  private var resting: [ReaderSocket] = []
  private var restsUntil: BootTime?
  var denials = ReportLimits(interval: .seconds(10))
  private var exhaustion = ReportLimit(interval: .seconds(60))
  var crowds = ReportLimits(interval: .seconds(60))

  init(
    epoll: consuming Epoll, server: TokenServer, waiting: WaitingRoom,
    report: @escaping @Sendable (ServingReport) -> Void
  ) {
    self.epoll = epoll
    self.server = server
    self.report = report
    self.waiting = waiting
    spare = Self.spareDescriptor()
  }

  /// Runs until it is told to shut down.
  func run() {
    var tags: [UInt64] = []
    while true {
      epoll.wait(timeout: timeout(now: .now()), into: &tags)
      for tag in tags where tag != Self.wakeUpTag {
        if let socket = sockets[tag] {
          accept(from: socket)
        } else if let reader = waiting[tag] {
          proceed(reader, tag)
        }
      }
      if tags.contains(Self.wakeUpTag), !obey(server.takeCommands()) { return }
      waiting.removeOverdue(now: .now())
      wakeResting(now: .now())
    }
  }

  /// Milliseconds until something is due; `nil`: nothing is.
  private func timeout(now: BootTime) -> Int32? {
    [waiting.timeout(now: now), restsUntil?.milliseconds(after: now)].compactMap { $0 }.min()
  }

  /// - Returns: whether to go on.
  private func obey(_ commands: [TokenServer.Command]) -> Bool {
    for command in commands {
      switch command {
      case .add(let socket): add(socket)
      case .remove(let socket): remove(socket)
      case .posted(let profile): answerWaiting(of: profile)
      case .limit(let limit): waiting.limit = limit
      case .probe(let answer): answer()
      case .shutDown(let answeringQueue):
        if answeringQueue { sockets.values.forEach(remove) }
        return false
      }
    }
    return true
  }

  private func add(_ socket: ReaderSocket) {
    let tag = freshTag()
    sockets[tag] = socket
    if (try? epoll.add(socket.descriptor, .readable, tag: tag)) == nil { rest(socket) }
  }

  private func remove(_ socket: ReaderSocket) {
    // Where systemd keeps the path, readers may go on coming.
    let end = BootTime.now() + Self.longestDrain
    while BootTime.now() < end, accept(from: socket) {}
    epoll.remove(socket.descriptor)
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
      switch socket.accept() {
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
    switch socket.accept() {
    case .connection: return true
    case .vanished: return true
    case .queueEmpty: return false
    case .exhausted:
      // Somebody else in this process took the one that was given up. To ask at once again would only spin.
      rest(socket)
      return false
    }
  }

  private func rest(_ socket: ReaderSocket) {
    epoll.remove(socket.descriptor)
    resting.append(socket)
    restsUntil = .now() + Self.restTime
  }

  private func wakeResting(now: BootTime) {
    guard let until = restsUntil, until <= now else { return }
    restsUntil = nil
    for (tag, socket) in sockets where resting.contains(where: { $0 === socket }) {
      try? epoll.add(socket.descriptor, .readable, tag: tag)
    }
    resting = []
  }

  func freshTag() -> UInt64 {
    defer { nextTag += 1 }
    return nextTag
  }

  private static func spareDescriptor() -> OwnedFD? {
    try? OwnedFD.spare()
  }
}
