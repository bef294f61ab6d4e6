extension TokenMachine {
  /// What can happen to a profile.
  package enum Event: Equatable, Sendable {
    /// The service begins. `held` is a token that an earlier process of this boot left, `retry` what it stored
    /// last (``Action/store(_:)``), and `changed` how the configured credentials differ from those of that
    /// process: such a token is served all the same, and replaced at once.
    case started(held: HeldToken?, retry: RetryState? = nil, changed: CredentialsChange? = nil)
    /// The moment in ``TokenMachine/wakeAt`` may have come. Early and late wake-ups do no harm.
    case woke
    /// The request that ``Action/authenticate`` asked for waited for its turn and is sent now, once the actions
    /// that come back are done. Its time counts from here.
    case requestSent
    /// The request ended with a token.
    case granted(TokenGrant)
    /// The request ended without one.
    case failed(ExchangeFailure)
    /// Somebody asks for a new token now.
    case refreshWanted(RefreshReason)
    /// The endpoint, the client ID or the secret is another one.
    case credentialsChanged(CredentialsChange)
    /// `[profiles.NAME.refresh]` is another one.
    case policyChanged(RefreshPolicy)
    /// The daemon has told systemd that it is ready.
    case becameReady
    /// The profile goes away, or the daemon does.
    case stopped
  }

  /// What the outer layer is to do, in this order.
  package enum Action: Equatable, Sendable {
    /// Keep this for the next process, in place of what was kept before. It always comes before `authenticate`:
    /// a process that ends while its request is in flight must not let the next one ask at once.
    case store(RetryState)
    /// Send a request; answer with `.granted` or `.failed`. Where it has to wait for its turn, say
    /// `.requestSent` when that has come.
    case authenticate
    /// Give up the request in flight; it still answers with `.granted` or `.failed`.
    case abandon
    /// Hand this token to readers, in place of any other.
    case publish(HeldToken)
    /// Hand out nothing any more.
    case withdraw
    /// Tell the operator.
    case report(Report)
  }

  /// What an operator may want to know.
  package enum Report: Equatable, Sendable {
    /// A new token is published. `afterFailures` counts those since the last success; `wasWithout`: readers
    /// had nothing before.
    case refreshed(HeldToken, afterFailures: Int, wasWithout: Bool)
    /// A new token has come that isn't valid yet (`nbf`): it is published at that moment.
    case postponed(HeldToken, until: BootTime, afterFailures: Int)
    /// That moment has come, and it is published.
    case becameValid(HeldToken)
    /// The new token would end sooner than this one, and nobody had asked for it.
    case keptLongerToken(HeldToken)
    /// A request failed.
    case failed(Failure)
    /// The token has ended, and there is no other one.
    case expired(nextAttempt: BootTime?)
    /// A refresh that somebody asked for waits until then.
    case deferred(until: BootTime)
    /// Changed credentials are tried then: they change again and again, or the service asked to be left alone.
    case changeDeferred(until: BootTime)
    /// Something about the answer that is taken all the same; each is told once.
    case remarked(AnswerRemark)
  }

  /// A failed request, and what follows from it.
  package struct Failure: Equatable, Sendable {
    package let cause: ExchangeFailure
    package let failureClass: FailureClass
    /// How many in a row, this one included.
    package let count: Int
    package let at: BootTime
    package let nextAttempt: BootTime
    /// Until when the token that is held stays valid.
    package let servedUntil: BootTime?
  }
}
