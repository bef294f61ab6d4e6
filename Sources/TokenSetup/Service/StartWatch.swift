/// Judges, after the unit was told to start, whether it has come so far. Pure.
package enum StartWatch {
  package enum Verdict: Equatable, Sendable {
    case waiting
    case served
    /// The exit code of the daemon and its own words.
    case failed(exitCode: Int32, status: String)
  }

  /// - Parameters:
  ///   - unit: `ActiveState`, `InvocationID`, `ExecMainStatus`, `StatusText`, `Result`.
  ///   - invocation: the unit's `InvocationID` before it was told to start: what it did then doesn't count.
  ///   - isServed: whether the profile has what is waited for.
  package static func judge(unit: [String: String], before invocation: String, isServed: Bool) -> Verdict {
    guard unit["InvocationID"] ?? "" != invocation else { return .waiting }
    if isServed { return .served }
    guard ["failed", "inactive"].contains(unit["ActiveState"] ?? "") else { return .waiting }
    let status = unit["StatusText"] ?? ""
    return .failed(
      exitCode: Int32(unit["ExecMainStatus"] ?? "") ?? 0,
      status: status.isEmpty ? "result: \(unit["Result"] ?? "unknown")" : status)
  }
}
