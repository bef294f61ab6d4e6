/// What can go wrong in a campaign of chaos. The raw values are what its report counts.
enum ChaosFault: String, CaseIterable, Sendable {
  // The service's answers.
  case serverError = "5xx"
  case throttledInSeconds = "429 with seconds"
  case throttledByDate = "429 with a date"
  case unavailableWithRetryAfter = "503 with Retry-After"
  case refused = "401, 403, 400"
  case misplaced = "404, 302, 405"
  case reset = "reset"
  case closed = "closed without an answer"
  case hangs = "hangs"
  case slowBody = "slow body"
  case garbage = "garbage"
  case oversized = "oversized"
  case webPage = "a web page"
  case sameToken = "the same token again"
  case shortToken = "a token that ends at once"
  case serviceClock = "the service's clock is off"
  case withoutDate = "no Date"
  // The way to it.
  case away = "the service is gone for longer than a token's life"
  case otherCertificate = "another authority's certificate"
  case unresolvable = "its name can't be resolved"
  // The operator and the host.
  case rotated = "the secret is rotated"
  case hostClock = "this host's clock jumps"
  case reloads = "a storm of SIGHUP"
  case refreshes = "a storm of SIGUSR1"
  case killed = "SIGKILL"
  case stopped = "SIGSTOP"
  case diskFull = "disk full"
  case readOnly = "read-only folder"
  case folderRemoved = "folder removed and made again"
  case logStuck = "a log that is stuck"
  case noDescriptors = "no descriptors left"
  // The callers.
  case idleCallers = "idle callers"
  case abortingCallers = "aborting callers"
  case deafCallers = "callers that never read"

  /// Needs root: it mounts a file system.
  var needsRoot: Bool { self == .diskFull || self == .readOnly }

  /// What the simulators are told, as `PUT /_sim/faults` takes it; `nil`: it is no fault of theirs.
  func simulatorFault(_ random: inout some RandomNumberGenerator) -> String? {
    switch self {
    case .serverError: #"{"status":\#([500, 502, 504].randomElement(using: &random) ?? 500)}"#
    case .throttledInSeconds: #"{"status":429,"retry_after":"\#(Int.random(in: 0...2, using: &random))"}"#
    case .throttledByDate: #"{"status":429,"retry_after":"Wed, 25 Nov 2020 10:00:00 GMT"}"#
    case .unavailableWithRetryAfter: #"{"status":503,"retry_after":"1"}"#
    case .refused: #"{"status":\#([400, 401, 403].randomElement(using: &random) ?? 401)}"#
    case .misplaced: #"{"status":\#([404, 405].randomElement(using: &random) ?? 404)}"#
    case .reset: #"{"reset":true}"#
    case .closed: #"{"close":true}"#
    case .hangs: #"{"hang":true}"#
    case .slowBody: #"{"slow_body":20}"#
    case .garbage: #"{"garbage":true}"#
    case .oversized: #"{"oversized":200000}"#
    case .webPage: #"{"html":true}"#
    case .sameToken: #"{"same_token":true}"#
    case .shortToken: #"{"lifetime":1}"#
    case .serviceClock: Self.clockFault(Int.random(in: -7200...7200, using: &random))
    case .withoutDate: #"{"no_date":true}"#
    default: nil
    }
  }

  /// All that the service writes is by a clock that is off by `seconds`; how long it takes a token isn't.
  private static func clockFault(_ seconds: Int) -> String {
    #"{"date_skew":\#(seconds),"exp_skew":\#(seconds),"iat_skew":\#(seconds),"claims":{"skew":\#(seconds)}}"#
  }
}
