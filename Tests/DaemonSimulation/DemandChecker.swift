import DaemonCore
import TokenCore

/// Callers over HTTP who wait for a new token: each is answered once, and in time.
struct DemandChecker {
  /// The caller's patience, an exchange, and what an answer that never comes takes to be given up.
  private static let patience = Duration.seconds(70)

  private var waiting: [DemandID: (limit: BootTime, demand: RefreshDemand)] = [:]
  private var gone: Set<DemandID> = []

  mutating func processBegan() { self = DemandChecker() }

  mutating func demanded(_ demand: RefreshDemand, _ now: BootTime) {
    waiting[demand.id] = (now + Self.patience, demand)
  }

  mutating func left(_ id: DemandID) {
    if waiting.removeValue(forKey: id) != nil { gone.insert(id) }
  }

  mutating func answered(
    _ id: DemandID, _ outcome: RefreshOutcome, _ state: ProfileState?, _ now: BootTime
  ) -> Violation? {
    if gone.contains(id) { return Violation(.waiting, "a demand was answered after it had ended") }
    guard let demand = waiting.removeValue(forKey: id)?.demand else {
      return Violation(.waiting, "a demand was answered twice")
    }
    let token = state?.token(at: now)
    if outcome == .refreshed, token == nil {
      return Violation(.waiting, "a refresh is said to have brought a token, and there is none")
    }
    if outcome == .notNeeded, case .minimumValidity(let least) = demand.wish,
      !(token.map { $0.deadline - now >= least } ?? false)
    {
      return Violation(.waiting, "a token is said to be good for longer than it is")
    }
    return nil
  }

  /// An exchange of the profile has ended, and whoever waited for it must know.
  func ended(_ profile: String) -> Violation? {
    waiting.values.contains { $0.demand.profile == profile }
      ? Violation(.waiting, "a demand for \(profile) wasn't answered when its exchange had ended") : nil
  }

  func removed(_ profile: String) -> Violation? {
    waiting.values.contains { $0.demand.profile == profile }
      ? Violation(.waiting, "demands of \(profile) weren't answered when it went") : nil
  }

  func overdue(_ now: BootTime, _ resumedAt: BootTime) -> Violation? {
    if waiting.isEmpty { return nil }
    let late = waiting.values.filter { max($0.limit, resumedAt + Self.patience) < now }
    return late.map(\.demand.profile).min().map {
      Violation(.waiting, "a demand for \($0) has waited for more than \(Self.patience.inSeconds) s")
    }
  }
}
