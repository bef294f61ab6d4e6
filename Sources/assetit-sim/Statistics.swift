/// Counts since the start, as `GET /_sim/stats` shows them.
struct Statistics: Codable, Equatable, Sendable {
  var authenticateRequests = 0
  var tokensIssued = 0
  var dataOK = 0
  var dataRefused = 0
  var mostInFlight = 0

  enum CodingKeys: String, CodingKey {
    case authenticateRequests = "authenticate_requests"
    case tokensIssued = "tokens_issued"
    case dataOK = "data_ok"
    case dataRefused = "data_refused"
    case mostInFlight = "most_in_flight"
  }
}
