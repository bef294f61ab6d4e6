import TokenCore

/// Whether the daemon may say that it is ready, must go on waiting, or has been refused for good.
enum Readiness {
  /// What a profile has to show so far.
  enum Answer: Equatable {
    case pending
    case token
    case failed(FailureClass)

    init(_ machine: TokenMachine) {
      if machine.token != nil {
        self = .token
      } else if let failure = machine.lastFailure {
        self = .failed(failure.failureClass)
      } else {
        self = .pending
      }
    }
  }

  enum Verdict: Equatable {
    case wait
    case ready
    /// No profile has a chance until somebody changes something: end, so that a start fails at once.
    case refused(ExitStatus)
  }

  /// How long a profile that hasn't answered yet holds up the others.
  static let patience = Duration.seconds(30)

  static func judge(_ answers: [Answer], sinceStart: Duration) -> Verdict {
    if answers.contains(.token) {
      return answers.contains(.pending) && sinceStart < patience ? .wait : .ready
    }
    let areHopeless = answers.allSatisfy { $0 == .failed(.rejected) || $0 == .failed(.misconfigured) }
    guard areHopeless, !answers.isEmpty else { return .wait }
    return .refused(answers.contains(.failed(.rejected)) ? .noPermission : .configuration)
  }
}
