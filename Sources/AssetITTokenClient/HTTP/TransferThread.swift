internal import CCurl
internal import LinuxSystem
internal import Synchronization

/// Drives every transfer of this process, on one thread that sleeps while there is none and is never ended.
final class TransferThread: Sendable {
  struct Order: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let receiver: Transfer.Receiver?
    let silence: Duration?
    let completion: Transfer.Completion
  }

  struct Mail: Sendable {
    var orders: [Order] = []
    var abandoned: [UInt64] = []
  }

  private static let shared: Result<TransferThread, TokenClientError> = Result {
    () throws(TokenClientError) in
    try TransferThread()
  }
  private static let lastID = Atomic<UInt64>(0)

  private let mail = Mutex(Mail())
  /// curl_multi_wakeup(3) is the one function of a multi handle that any thread may call. The handle is kept as a
  /// number because nothing else may be done with it from here.
  private let address: UInt

  private init() throws(TokenClientError) {
    guard curl_global_init(ccurl_global_default) == CURLE_OK, let multi = curl_multi_init() else {
      throw .connection(path: "the daemon", reason: "libcurl can't be set up")
    }
    address = UInt(bitPattern: multi)
    do throws(SystemError) {
      _ = try WorkerThread(name: "assetit-token") { [self] in
        if let multi = UnsafeMutableRawPointer(bitPattern: address) { TransferLoop(multi, self).run() }
      }
    } catch {
      throw .connection(path: "the daemon", reason: "\(error)")
    }
  }

  /// Sends the request and waits for the whole answer.
  ///
  /// - Throws: `.cancelled` where the task is.
  static func answer(to request: HTTPRequest) async throws(TokenClientError) -> HTTPAnswer {
    let id = newID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        start(id, request) { continuation.resume(returning: $0) }
        // A task that was cancelled before this had nothing to give up.
        if Task.isCancelled { abandon(id) }
      }
    } onCancel: {
      abandon(id)
    }
    return try result.get()
  }

  static func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

  /// `completion` is called once, on the transfer thread, and must not block.
  static func start(
    _ id: UInt64, _ request: HTTPRequest, receiver: Transfer.Receiver? = nil, silence: Duration? = nil,
    completion: @escaping Transfer.Completion
  ) {
    switch shared {
    case .success(let thread):
      thread.post { mail in
        mail.orders.append(
          Order(id: id, request: request, receiver: receiver, silence: silence, completion: completion))
      }
    case .failure(let error): completion(.failure(error))
    }
  }

  /// Ends a transfer, with `.cancelled`; does nothing where it has ended or was never started.
  static func abandon(_ id: UInt64) {
    guard case .success(let thread) = shared else { return }
    thread.post { $0.abandoned.append(id) }
  }

  private func post(_ change: (inout Mail) -> Void) {
    mail.withLock { change(&$0) }
    curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: address))
  }

  func take() -> Mail {
    mail.withLock { mail in
      defer { mail = Mail() }
      return mail
    }
  }
}
