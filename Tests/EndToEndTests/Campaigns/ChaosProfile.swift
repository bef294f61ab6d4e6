import Glibc
import Synchronization
import TestSupport
import Testing

/// A profile of a campaign: its simulator, and where its readers read.
final class ChaosProfile: Sendable {
  let name: String
  let clientID: String
  /// Of the simulator, or of what stands before it.
  let port: Int
  let scheme: String
  let secretPath: String
  let socket: String
  let file: String
  let simulator: Simulator
  private let cache = Mutex<[[UInt8]: KnownHeader?]>([:])

  init(
    name: String, simulator: Simulator, clientID: String, port: Int? = nil, scheme: String = "http",
    secretPath: String, folder: String
  ) {
    self.name = name
    self.simulator = simulator
    self.clientID = clientID
    self.port = port ?? simulator.port
    self.scheme = scheme
    self.secretPath = secretPath
    socket = "\(folder)/\(name).sock"
    file = "\(folder)/\(name).header"
  }

  /// Taking a header apart costs more than reading it, and most reads bring the same one.
  func known(_ bytes: [UInt8]) -> KnownHeader? {
    cache.withLock { cache in
      if let known = cache[bytes] { return known }
      if cache.count > 100 { cache.removeAll() }
      let header = KnownHeader(bytes)
      cache[bytes] = .some(header)
      return header
    }
  }
}

/// The readers of a profile, each on a thread of its own, until ``stop()``.
final class ChaosReaders: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let running = Atomic<Int>(0)

  func stop() async throws {
    isOver.store(true, ordering: .relaxed)
    try await eventually("the end of all readers", within: .seconds(60)) {
      running.load(ordering: .relaxed) == 0
    }
  }

  func start(_ profile: ChaosProfile, api: String, _ ledger: Ledger, pause: UInt32) {
    loop(pause) { began in
      ledger.judge(Self.read(profile.socket), on: "token socket", of: profile, began: began)
    }
    startFile(profile, ledger, pause: pause)
    loop(pause) { began in
      ledger.judge(Self.header(of: profile, api), on: "HTTP", of: profile, began: began)
    }
    loop(pause * 4) { began in
      // An address as systemd's for LoadCredential=.
      let name = "\(UInt32.random(in: 0 ... .max))/unit/app.service/assetit.header"
      let bytes = (try? SocketClient(profile.socket, boundTo: name))?.readAll()
      ledger.judge(bytes ?? [], on: "LoadCredential", of: profile, began: began)
    }
    loop(pause) { [self] _ in
      Self.follow(profile, api, ledger) { isOver.load(ordering: .relaxed) }
    }
  }

  func startFile(_ profile: ChaosProfile, _ ledger: Ledger, pause: UInt32) {
    loop(pause) { began in
      let bytes = (try? Files.content(profile.file)) ?? nil
      ledger.judge(bytes ?? [], on: "header file", of: profile, began: began, isFile: true)
    }
  }

  private func loop(_ pause: UInt32, _ body: @escaping @Sendable (Double) -> Void) {
    running.add(1, ordering: .relaxed)
    startThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        body(timeOfDay())
        usleep(pause)
      }
      running.subtract(1, ordering: .relaxed)
    }
  }

  private static func read(_ path: String) -> [UInt8] {
    (try? ClientSocket(path: path, limit: .seconds(8)).readToEnd()) ?? []
  }

  private static func header(of profile: ChaosProfile, _ api: String) -> [UInt8] {
    let request = "GET /v1/profiles/\(profile.name)/header HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    guard let socket = try? ClientSocket(path: api, limit: .seconds(8)), (try? socket.send(request)) != nil,
      let answer = try? socket.readToEnd(), answer.starts(with: "HTTP/1.1 200".utf8),
      let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
    else { return [] }
    return Array(answer[end.upperBound...])
  }

  /// Listens to events until the stream ends; each header that comes must be valid as it comes.
  private static func follow(
    _ profile: ChaosProfile, _ api: String, _ ledger: Ledger, isOver: () -> Bool
  ) {
    let request = "GET /v1/profiles/\(profile.name)/events HTTP/1.1\r\nHost: x\r\n\r\n"
    guard let socket = try? ClientSocket(path: api, limit: .seconds(1)), (try? socket.send(request)) != nil
    else { return }
    var pending: [UInt8] = []
    var isHeader = false
    while !isOver() {
      var buffer = [UInt8](repeating: 0, count: 16 << 10)
      let count = Glibc.read(socket.descriptor, &buffer, buffer.count)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { return }
      let began = timeOfDay()
      pending += buffer[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeFirst(end + 1)
        if line.starts(with: "event: ".utf8) {
          isHeader = line.dropFirst(7).elementsEqual("header".utf8)
        } else if isHeader, line.starts(with: "data: ".utf8) {
          // What was on its way while this process waited for its turn isn't the daemon's doing.
          ledger.judge(Array(line.dropFirst(6)), on: "events", of: profile, began: began - 0.5)
        }
      }
    }
  }
}
