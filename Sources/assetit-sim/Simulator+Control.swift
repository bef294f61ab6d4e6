extension Simulator {
  /// What tests steer with, under `/_sim/`.
  mutating func control(_ route: Route, _ request: Request) throws(Refusal) -> Answer {
    switch (route, request.method) {
    case (.faults, "PUT"):
      faults = try Faults.read(request.body)
    case (.faults, "DELETE"):
      faults = Faults()
    case (.faults, _):
      return try .json(faults)
    case (.credentials, _):
      let change = try CredentialsChange.read(request.body)
      credentials.clientID = change.clientID ?? credentials.clientID
      credentials.clientSecret = change.clientSecret ?? credentials.clientSecret
    case (.lifetime, _):
      lifetime = try LifetimeChange.read(request.body).seconds
    case (.revoke, _):
      tokens.revokeAll()
    case (.requests, "DELETE"):
      log.clear()
    case (.requests, _):
      return try .json(log.entries)
    case (.stats, _):
      var statistics = statistics
      statistics.authenticateRequests = log.total
      statistics.mostInFlight = log.mostInFlight
      return try .json(statistics)
    case (.authenticate, _), (.assets, _):
      throw Refusal(404, "no such path")
    }
    return Answer(204)
  }
}
