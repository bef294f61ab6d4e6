import DaemonCore
import TokenCore

/// A stand-in for AssetIT: what it says, and what it has issued.
struct Service {
  var answering = Plan.Answering.well
  var loses = false
  var doubles = false
  var isSlow = false
  /// Since when it answers well and loses nothing.
  var wellSince: BootTime? = BootTime(nanoseconds: 0)
  /// The secret that it wants, by profile.
  var secrets: [String: String] = [:]
  /// The token of each profile that was issued last.
  var last: [String: (token: String, endsAt: BootTime)] = [:]
}

/// A token that some service issued: the truth that the checker goes by.
struct Issued {
  let profile: String
  /// Of the token, bytes.
  let length: Int
  /// The contract's deadline: the request's time plus the lifetime.
  let endsAt: BootTime
}
