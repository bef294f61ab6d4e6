internal import CCurl
internal import Synchronization
internal import TokenCore

/// What other threads tell the loop's thread. Once it is closed nothing wakes the loop any more, so the loop
/// may then free what a wake-up touches.
final class ExchangeMailbox: Sendable {
  typealias Completion = @Sendable (Result<TokenGrant, ExchangeFailure>) -> Void

  struct Arrival: Sendable {
    let id: ExchangeID
    let request: AuthenticationRequest
    let completion: Completion
  }

  struct Mail: Sendable {
    var arrivals: [Arrival] = []
    var abandoned: [ExchangeID] = []
    var probes: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private struct State {
    var mail = Mail()
    var lastNumber: UInt64 = 0
  }

  private let state = Mutex(State())
  private let wakeUp: WakeUp

  init(wakeUp: WakeUp) {
    self.wakeUp = wakeUp
  }

  func post(_ request: AuthenticationRequest, _ completion: @escaping Completion) -> ExchangeID {
    let (id, isClosed) = state.withLock { state in
      state.lastNumber += 1
      let id = ExchangeID(number: state.lastNumber)
      if !state.mail.isClosed {
        state.mail.arrivals.append(Arrival(id: id, request: request, completion: completion))
        wakeUp()
      }
      return (id, state.mail.isClosed)
    }
    if isClosed { completion(.failure(.abandoned)) }
    return id
  }

  func abandon(_ id: ExchangeID) {
    state.withLock { state in
      guard !state.mail.isClosed else { return }
      state.mail.abandoned.append(id)
      wakeUp()
    }
  }

  func probe(_ answer: @escaping @Sendable () -> Void) {
    state.withLock { state in
      guard !state.mail.isClosed else { return }
      state.mail.probes.append(answer)
      wakeUp()
    }
  }

  func close() {
    state.withLock { state in
      guard !state.mail.isClosed else { return }
      state.mail.isClosed = true
      wakeUp()
    }
  }

  /// What has come in since the last call.
  func take() -> Mail {
    state.withLock { state in
      let mail = state.mail
      state.mail = Mail(isClosed: mail.isClosed)
      return mail
    }
  }
}

/// curl_multi_wakeup(3), the one function of a multi handle that any thread may call. The handle is kept as a
/// number because nothing else may be done with it from here.
struct WakeUp: Sendable {
  private let address: UInt

  init(_ multi: UnsafeMutableRawPointer) {
    address = UInt(bitPattern: multi)
  }

  func callAsFunction() {
    curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: address))
  }
}
