internal import CCurl
internal import Glibc

/// What the transfer thread does (curl_multi_poll(3)).
final class TransferLoop {
  /// How long it sleeps where nothing is to be done, milliseconds. Any news ends the sleep.
  private static let idleSleep = 3_600_000
  /// The pause after a poll that failed, milliseconds, so that it can't spin.
  private static let failureSleep: Int32 = 20

  private let multi: UnsafeMutableRawPointer
  private let thread: TransferThread
  private var transfers: [UInt64: Transfer] = [:]

  init(_ multi: UnsafeMutableRawPointer, _ thread: TransferThread) {
    self.multi = multi
    self.thread = thread
  }

  func run() -> Never {
    while true {
      let mail = thread.take()
      for order in mail.orders { begin(order) }
      for id in mail.abandoned { end(id) { _ in .failure(.cancelled) } }
      step()
      for (id, transfer) in transfers {
        if let deadline = transfer.deadline, deadline <= .now { end(id) { .failure($0.silenceFailure) } }
      }
      if curl_multi_poll(multi, nil, 0, Int32(sleep), nil) != CURLM_OK { poll(nil, 0, Self.failureSleep) }
    }
  }

  /// Milliseconds until somebody has been silent for too long.
  private var sleep: Int {
    guard let next = transfers.values.compactMap(\.deadline).min() else { return Self.idleSleep }
    return min(max(Int((next - .now).wholeMilliseconds), 0), Self.idleSleep)
  }

  private func begin(_ order: TransferThread.Order) {
    do throws(TokenClientError) {
      let transfer = try Transfer(
        order.request, receiver: order.receiver, silence: order.silence, completion: order.completion)
      let code = curl_multi_add_handle(multi, transfer.handle)
      guard code == CURLM_OK else {
        throw .connection(path: order.request.socketPath, reason: String(cString: curl_multi_strerror(code)))
      }
      transfers[order.id] = transfer
    } catch {
      order.completion(.failure(error))
    }
  }

  private func step() {
    var count: Int32 = 0
    let code = curl_multi_perform(multi, &count)
    if code != CURLM_OK {
      let reason = String(cString: curl_multi_strerror(code))
      for id in transfers.keys { end(id) { _ in .failure(.connection(path: "the daemon", reason: reason)) } }
    }
    while let message = curl_multi_info_read(multi, &count) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let (code, handle) = (message.pointee.data.result, message.pointee.easy_handle)
      guard let id = transfers.first(where: { $0.value.handle == handle })?.key else { continue }
      end(id) { $0.result(code) }
    }
  }

  private func end(_ id: UInt64, _ result: (Transfer) -> Result<HTTPAnswer, TokenClientError>) {
    guard let transfer = transfers.removeValue(forKey: id) else { return }
    let result = result(transfer)
    curl_multi_remove_handle(multi, transfer.handle)
    transfer.completion(result)
  }
}
