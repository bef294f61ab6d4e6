/// The paths that the simulator knows.
enum Route: String, CaseIterable {
  case authenticate = "/api/apikeys/authenticate"
  case assets = "/api/assets"
  case faults = "/_sim/faults"
  case credentials = "/_sim/credentials"
  case lifetime = "/_sim/lifetime"
  case revoke = "/_sim/revoke"
  case requests = "/_sim/requests"
  case stats = "/_sim/stats"

  var methods: [String] {
    switch self {
    case .authenticate, .revoke: ["POST"]
    case .assets: ["GET", "POST", "PUT"]
    case .stats: ["GET"]
    case .faults: ["GET", "PUT", "DELETE"]
    case .credentials, .lifetime: ["PUT"]
    case .requests: ["GET", "DELETE"]
    }
  }

  /// - Throws: ``Refusal``: 404 for a path that isn't known, 405 for a method that it doesn't take.
  static func find(_ request: Request) throws(Refusal) -> Route {
    guard let route = Route(rawValue: request.path) else { throw Refusal(404, "no such path") }
    guard route.methods.contains(request.method) else {
      let allowed = route.methods.joined(separator: ", ")
      throw Refusal(405, "only \(allowed)", headers: [Answer.Header(name: "Allow", value: allowed)])
    }
    return route
  }
}
