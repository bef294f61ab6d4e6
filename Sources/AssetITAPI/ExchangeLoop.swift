internal import CCurl
internal import Glibc
internal import TokenCore

/// Drives all transfers on the thread that runs it (curl_multi_poll(3)).
final class ExchangeLoop {
  private struct Exchange {
    let transfer: Transfer
    let completion: ExchangeMailbox.Completion
  }

  /// How long the loop sleeps where nothing is to be done, milliseconds. Any news ends the sleep.
  private static let idleSleep: Int32 = 3_600_000
  /// The pause after a poll that failed, milliseconds, so that it can't spin.
  private static let failureSleep: Int32 = 20

  private let multi: UnsafeMutableRawPointer
  private let mailbox: ExchangeMailbox
  private let localTime: @Sendable () -> Double
  private var exchanges: [ExchangeID: Exchange] = [:]
  private var byHandle: [UnsafeMutableRawPointer: ExchangeID] = [:]
  /// Services whose last exchange ended in an error of HTTP/2 itself: the next one speaks HTTP/1.1, and so do
  /// those after it for as long as that goes well.
  private var withoutHTTP2: Set<String> = []
  private static let mostRemembered = 1024

  /// Takes over `multi`.
  init(
    multi: UnsafeMutableRawPointer, mailbox: ExchangeMailbox, localTime: @escaping @Sendable () -> Double
  ) {
    self.multi = multi
    self.mailbox = mailbox
    self.localTime = localTime
  }

  deinit {
    curl_multi_cleanup(multi)
  }

  /// Returns once the mailbox is closed and every exchange has completed.
  func run() {
    while true {
      let mail = mailbox.take()
      for answer in mail.probes { answer() }
      for arrival in mail.arrivals { begin(arrival) }
      for id in mail.abandoned { end(id) { _ in .failure(.abandoned) } }
      if mail.isClosed { break }
      step()
    }
    for id in exchanges.keys { end(id) { _ in .failure(.abandoned) } }
  }

  private func begin(_ arrival: ExchangeMailbox.Arrival) {
    let transfer: Transfer
    do throws(ExchangeFailure) {
      let service = arrival.request.settings.baseURL
      transfer = try Transfer(arrival.request, usesHTTP2: !withoutHTTP2.contains(service))
    } catch {
      return arrival.completion(.failure(error))
    }
    let code = curl_multi_add_handle(multi, transfer.handle)
    exchanges[arrival.id] = Exchange(transfer: transfer, completion: arrival.completion)
    byHandle[transfer.handle] = arrival.id
    if code != CURLM_OK { end(arrival.id) { .failure($0.failure(code)) } }
  }

  private func step() {
    var running: Int32 = 0
    let code = curl_multi_perform(multi, &running)
    if code != CURLM_OK {
      for id in exchanges.keys { end(id) { .failure($0.failure(code)) } }
    }
    collect()
    if curl_multi_poll(multi, nil, 0, Self.idleSleep, nil) != CURLM_OK { poll(nil, 0, Self.failureSleep) }
  }

  private func collect() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let code = message.pointee.data.result
      let handle = message.pointee.easy_handle
      guard let handle, let id = byHandle[handle] else { continue }
      end(id) { transfer in
        let result = transfer.result(code, localNow: localTime())
        learn(from: transfer, code, result)
        return result
      }
    }
  }

  private func learn(
    from transfer: Transfer, _ code: CURLcode, _ result: Result<TokenGrant, ExchangeFailure>
  ) {
    let service = transfer.request.settings.baseURL
    if transfer.usesHTTP2, transfer.outcome(code).isHTTP2Error {
      if withoutHTTP2.count >= Self.mostRemembered { withoutHTTP2 = [] }
      withoutHTTP2.insert(service)
    } else if case .failure = result {
      withoutHTTP2.remove(service)
    }
  }

  private func end(_ id: ExchangeID, _ result: (Transfer) -> Result<TokenGrant, ExchangeFailure>) {
    guard let exchange = exchanges.removeValue(forKey: id) else { return }
    byHandle[exchange.transfer.handle] = nil
    let result = result(exchange.transfer)
    curl_multi_remove_handle(multi, exchange.transfer.handle)
    exchange.completion(result)
  }
}
