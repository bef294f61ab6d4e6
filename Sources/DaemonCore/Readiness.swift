package import TokenCore

/// Whether the daemon may say that it is ready, must go on waiting, or has been refused for good: counted as the
/// profiles' answers change, so that no event costs more where there are more profiles.
package struct Readiness: Sendable {
  /// What a profile has to show so far.
  package enum Answer: Hashable, Sendable {
    case pending
    case token
    case rejected
    case misconfigured
    /// Failed in a way that may pass by itself.
    case failed
  }

  package enum Verdict: Equatable, Sendable {
    case wait
    case ready
    /// No profile has a chance until somebody changes something: end, so that a start fails at once.
    case refused(ExitStatus)
  }

  /// How long a profile that hasn't answered yet holds up the others.
  package static let patience = Duration.seconds(30)

  private var answers: [String: Answer] = [:]
  private var counts: [Answer: Int] = [:]

  package init() {}

  package mutating func set(_ profile: String, _ answer: Answer?) {
    let old = answers[profile]
    guard old != answer else { return }
    if let old { counts[old, default: 0] -= 1 }
    if let answer { counts[answer, default: 0] += 1 }
    answers[profile] = answer
  }

  package func count(_ answer: Answer) -> Int { counts[answer] ?? 0 }
  package var total: Int { answers.count }

  package func judge(sinceStart: Duration) -> Verdict {
    if count(.token) > 0 {
      return count(.pending) > 0 && sinceStart < Self.patience ? .wait : .ready
    }
    let hopeless = count(.rejected) + count(.misconfigured)
    guard hopeless == total, total > 0 else { return .wait }
    return .refused(count(.rejected) > 0 ? .noPermission : .configuration)
  }
}

extension Readiness.Answer {
  init(token: HeldToken?, lastFailure: TokenMachine.Failure?) {
    if token != nil {
      self = .token
    } else if let lastFailure {
      switch lastFailure.failureClass {
      case .rejected: self = .rejected
      case .misconfigured: self = .misconfigured
      case .transient, .throttled: self = .failed
      }
    } else {
      self = .pending
    }
  }
}
