internal import CCurl
internal import LinuxSystem
internal import Synchronization
package import TokenCore

/// Makes exchanges with Authentication endpoints, any number at a time, on one thread of its own.
///
/// libcurl is told to leave signals alone, so the process has to ignore SIGPIPE (CURLOPT_NOSIGNAL(3)).
package final class ExchangeClient: Sendable {
  private let mailbox: ExchangeMailbox
  private let thread: Mutex<WorkerThread?>

  /// - Parameter localTime: this host's time of day, seconds since 1970.
  /// - Throws: ``ExchangeClientError`` where libcurl or the system has no memory or no thread for it.
  package init(localTime: @escaping @Sendable () -> Double = timeOfDay) throws(ExchangeClientError) {
    guard CurlLibrary.isUsable else { throw .libcurl("curl_global_init") }
    guard let multi = curl_multi_init() else { throw .libcurl("curl_multi_init") }
    let mailbox = ExchangeMailbox(wakeUp: WakeUp(multi))
    let loop = ExchangeLoop(multi: multi, mailbox: mailbox, localTime: localTime)
    self.mailbox = mailbox
    do throws(SystemError) {
      thread = Mutex(try WorkerThread(name: "exchanges") { loop.run() })
    } catch {
      throw .thread(error)
    }
  }

  /// Starts an exchange. `completion` is called once, on the client's thread, and must not block; after
  /// ``shutDown()`` it is called at once, with `.abandoned`.
  @discardableResult
  package func start(
    _ request: AuthenticationRequest,
    completion: @escaping @Sendable (Result<TokenGrant, ExchangeFailure>) -> Void
  ) -> ExchangeID {
    mailbox.post(request, completion)
  }

  /// Gives an exchange up: it completes with `.abandoned`, unless it has completed already.
  package func abandon(_ id: ExchangeID) {
    mailbox.abandon(id)
  }

  /// Calls `answer` on the client's thread, which shows that its loop comes round; not after ``shutDown()``.
  package func probe(_ answer: @escaping @Sendable () -> Void) {
    mailbox.probe(answer)
  }

  /// Gives every exchange up and waits until the thread has ended. No completion is called after it returns,
  /// except where a completion calls it.
  package func shutDown() {
    mailbox.close()
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
  }

  deinit {
    shutDown()
  }
}
