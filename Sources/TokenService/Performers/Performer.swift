import AssetITAPI
import DaemonCore
import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// Hands the machine's effects to the threads that do them, and returns at once. Confined to the loop that decides.
final class Performer {
  /// Those who do what it hands on.
  struct Parts {
    let inbox: Inbox
    let log: OperatorLog
    let manager: ManagerThread
    let exchanges: ExchangeClient
    let server: TokenServer
    /// `nil`: nothing is served over HTTP.
    let control: (any ControlServer)?
    let service: ControlService
    let sockets: SocketTable
    let files: HeaderFiles
    let replaced: ReplacedFiles
    let jobs: JobPerformer
    let metricsReplies: MetricsReplies
    /// Names the boot that stored times belong to.
    let bootID: String
  }

  private let parts: Parts
  private let closing = JobThreads(name: "closing")
  private var boards: [String: HeaderBoard] = [:]
  private var readerSockets: [SocketID: ReaderSocket] = [:]
  /// Of the HTTP server: where it listens.
  private var places: [SocketID: String] = [:]
  private var inFlight: [ExchangeNumber: ExchangeID] = [:]
  /// How the process is to end; `nil`: not yet.
  private(set) var status: ExitStatus?

  init(_ parts: Parts) {
    self.parts = parts
  }

  func perform(_ effect: Effect) {
    switch effect {
    case .perform(let id, let job): parts.jobs.perform(id, job)
    case .retire(let outlet, let generation): parts.files.retire(outlet, below: generation)
    case .watch, .unwatch: break
    case .exchange(let number, let order): exchange(number, order)
    case .abandon(let number): if let id = inFlight[number] { parts.exchanges.abandon(id) }
    case .notify(let messages): parts.manager.send(messages.map(Notifier.Message.init))
    case .store(let name, let content): store(name, content)
    case .unstore(let name): parts.manager.remove(name: name.text)
    case .log(let notice):
      let moment = ClockReading.current()
      parts.log.write { LogMessage.messages(notice, moment) }
    case .setLogLevel(let level): parts.log.setLevel(level)
    case .post(let profile, let posting): post(posting, for: profile)
    case .serve(let socket, let role): serve(socket, role)
    case .close(let socket): close(socket)
    case .control(let posting): tell(posting)
    case .metrics(let metrics): parts.metricsReplies.answer(self.metrics(metrics))
    case .probe(let loops): loops.forEach(probe)
    case .confirm(let serial): confirm(serial)
    case .share(let budget): share(budget)
    case .drain(let answeringQueue): drain(answeringQueue)
    case .exit(let status): self.status = status
    }
  }

  // MARK: Exchanges

  private func exchange(_ number: ExchangeNumber, _ order: ExchangeOrder) {
    let request = AuthenticationRequest(
      settings: order.settings, credentials: order.credentials, assumedLifetime: order.assumedLifetime)
    inFlight[number] = parts.exchanges.start(request) { [inbox = parts.inbox] result in
      inbox.push(.exchangeEnded(number, result))
    }
  }

  /// It can't be given up any more.
  func forget(_ number: ExchangeNumber) { inFlight[number] = nil }

  // MARK: The service manager

  private func store(_ name: StoreName, _ content: StoreContent) {
    let (inbox, bootID, sockets) = (parts.inbox, parts.bootID, parts.sockets)
    parts.manager.add(name: name.text) { failure in
      inbox.push(.stored(name, failure: failure))
    } _: { () throws(SystemError) in
      switch content {
      case .socket(let socket): return try sockets.duplicate(socket)
      case .record(let record): return try StoredEntry.record(record).sealed(bootID: bootID)
      case .starts(let starts): return try StoredEntry.starts(starts).sealed(bootID: bootID)
      }
    }
  }

  // MARK: Readers

  private func board(of profile: String) -> HeaderBoard {
    if let board = boards[profile] { return board }
    let board = HeaderBoard()
    boards[profile] = board
    return board
  }

  private func post(_ posting: Posting?, for profile: String) {
    let board = board(of: profile)
    guard let posting else { return board.withdraw() }
    board.post(posting.header, until: posting.deadline)
    parts.server.send(.posted(profile: profile))
  }

  private func serve(_ socket: SocketID, _ role: SocketRole) {
    switch role {
    case .tokens(let profile, let settings):
      let assignment = ReaderSocket.Assignment(
        profile: profile, board: board(of: profile), settings: settings)
      if let served = readerSockets[socket] {
        served.assignment = assignment
        parts.server.send(.posted(profile: profile))
      } else if case .unix(let unix) = parts.sockets[socket] {
        let served = ReaderSocket(unix, assignment)
        readerSockets[socket] = served
        parts.server.send(.add(served))
      }
    case .api: listen(socket, offering: .everything)
    case .metrics: listen(socket, offering: .monitoring)
    }
  }

  private func listen(_ socket: SocketID, offering offer: ControlOffer) {
    guard let control = parts.control, places[socket] == nil else { return }
    let place = "socket \(socket.number)"
    do throws(SystemError) {
      try control.listen(on: parts.sockets.duplicate(socket), at: place, offering: offer)
      places[socket] = place
    } catch {
      parts.log.write { [.startFailed("\(error)")] }
    }
  }

  private func close(_ socket: SocketID) {
    if let served = readerSockets.removeValue(forKey: socket) { parts.server.send(.remove(served)) }
    if let place = places.removeValue(forKey: socket) { parts.control?.stopListening(at: place) }
    parts.sockets.remove(socket)
  }

  // MARK: The HTTP server

  private func tell(_ posting: ControlPosting) {
    parts.control?.post([posting])
    guard case .removed(let profile) = posting else { return }
    parts.service.forget(profile)
    boards[profile] = nil
  }

  private func metrics(_ metrics: DaemonMetrics) -> ControlMetrics {
    let readers = Dictionary(
      readerSockets.values.map { ($0.assignment.profile, $0.count) }, uniquingKeysWith: { first, _ in first })
    return ControlMetrics(
      profiles: metrics.profiles.map { profile in
        ControlMetrics.Profile(
          state: profile.state, statistics: profile.statistics,
          tokenReaders: readers[profile.state.name] ?? ReaderCount(),
          httpReaders: parts.service.readers(of: profile.state.name))
      }, trouble: metrics.trouble)
  }

  // MARK: The end

  private func probe(_ loop: Loop) {
    let answer: @Sendable () -> Void = { [inbox = parts.inbox] in inbox.push(.loopAnswered(loop)) }
    switch loop {
    case .readers: parts.server.send(.probe(answer))
    case .exchanges: parts.exchanges.probe(answer)
    case .http: if let control = parts.control { control.probe(answer) } else { answer() }
    }
  }

  private func share(_ budget: DescriptorBudget) {
    parts.server.send(.limit(budget.waitingReaders))
    parts.control?.share(budget)
    parts.files.setLimit(budget.replacedFiles)
  }

  private func confirm(_ serial: Int) {
    let inbox = parts.inbox
    parts.server.send(.probe { inbox.push(.confirmed(.readers, serial)) })
    let answer: @Sendable () -> Void = { inbox.push(.confirmed(.http, serial)) }
    if let control = parts.control { control.confirm(answer) } else { answer() }
  }

  private func drain(_ answeringQueue: Bool) {
    let parts = parts
    let work: JobThreads.Job = {
      parts.replaced.emptyAll()
      parts.control?.shutDown()
      parts.server.shutDown(answeringQueue: answeringQueue)
      parts.exchanges.shutDown()
      parts.inbox.push(.drained)
    }
    // Without a thread the process ends undrained, as the machine's clock says.
    try? closing.run(work)
  }
}

extension ReaderSocket {
  fileprivate var count: ReaderCount {
    ReaderCount(served: served.load(ordering: .relaxed), denied: denied.load(ordering: .relaxed))
  }
}

extension Notifier.Message {
  fileprivate init(_ message: ManagerMessage) {
    switch message {
    case .ready: self = .ready
    case .reloading: self = .reloading(monotonic: monotonicMicroseconds())
    case .stopping: self = .stopping
    case .status(let text): self = .status(text)
    case .watchdog: self = .watchdog
    case .extendTimeout(let time): self = .extendTimeout(time)
    }
  }
}
