/// The newest authenticate requests, and how many are in flight.
struct RequestLog: Sendable {
  static let capacity = 100_000

  private let capacity: Int
  /// A ring: request N is at N modulo the capacity, once it is full.
  private var ring: [LoggedRequest] = []
  /// The number of the oldest request since the log was cleared.
  private var first = 0
  /// How many requests there have been since the start.
  private(set) var total = 0
  private(set) var inFlight = 0
  private(set) var mostInFlight = 0

  init(capacity: Int = Self.capacity) {
    self.capacity = capacity
  }

  /// Takes in a request, which is in flight from now on; the result is its number.
  mutating func begin(_ request: Request, clientID: String?, at now: Moment) -> Int {
    inFlight += 1
    mostInFlight = max(mostInFlight, inFlight)
    let entry = LoggedRequest(request, clientID: clientID, inFlight: inFlight, at: now)
    if ring.count < capacity {
      ring.append(entry)
    } else {
      ring[(total - first) % capacity] = entry
    }
    total += 1
    return total - 1
  }

  /// - Parameter status: as answered; `nil` where no whole answer was sent.
  mutating func finish(_ number: Int, status: Int?) {
    inFlight -= 1
    guard number >= first, total - number <= capacity else { return }
    ring[(number - first) % capacity].status = status
  }

  /// Forgets the requests so far; those in flight stay in flight.
  mutating func clear() {
    ring = []
    first = total
  }

  /// Oldest first.
  var entries: [LoggedRequest] {
    guard ring.count == capacity else { return ring }
    let oldest = (total - first) % capacity
    return Array(ring[oldest...] + ring[..<oldest])
  }
}
