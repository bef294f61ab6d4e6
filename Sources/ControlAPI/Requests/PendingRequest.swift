import NIOCore
import TokenCore

/// A request that is answered later.
struct PendingRequest {
  enum Purpose {
    /// A header that isn't there yet, or not for long enough. `isRead`: it is sent itself (GET, not HEAD).
    case header(HeaderForm, atLeast: Duration, isRead: Bool)
    /// A header in place of the reported one.
    case replacement(of: Secret)
    case refresh
  }

  let connection: Connection
  let profile: String
  let purpose: Purpose
  /// Whether the daemon has a demand of this number.
  let isDemand: Bool
  /// Ends the wait.
  let timer: Scheduled<Void>?
}

/// The requests that are answered later, by number and by profile.
struct PendingRequests {
  private var requests: [UInt64: PendingRequest] = [:]
  private var numbers: [String: Set<UInt64>] = [:]

  subscript(id: UInt64) -> PendingRequest? { requests[id] }

  private(set) var demandCount = 0

  var all: [UInt64] { Array(requests.keys) }

  func all(of profile: String) -> [UInt64] { numbers[profile].map(Array.init) ?? [] }

  mutating func add(_ request: PendingRequest, _ id: UInt64) {
    requests[id] = request
    if request.isDemand { demandCount += 1 }
    numbers[request.profile, default: []].insert(id)
  }

  mutating func remove(_ id: UInt64) -> PendingRequest? {
    guard let request = requests.removeValue(forKey: id) else { return nil }
    if request.isDemand { demandCount -= 1 }
    numbers[request.profile]?.remove(id)
    if numbers[request.profile]?.isEmpty ?? false { numbers[request.profile] = nil }
    request.timer?.cancel()
    return request
  }
}
