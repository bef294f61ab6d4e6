import NIOHTTP1
import TokenConfig
import TokenCore
import TokenService

/// What a request asks for.
enum Route: Equatable {
  case profiles
  case profile(String)
  /// `minValid`: zero where nothing was said.
  case header(String, minValid: Duration)
  /// The header in a header, for a proxy's subrequest.
  case authorization(String, minValid: Duration)
  case refresh(String)
  case rejected(String)
  case events(String)
  case livez
  case readyz
  case metrics

  /// - Throws: 404 for a path that isn't known or not offered here, 405 for a method that it doesn't take, 400 for a
  ///   parameter that can't be understood.
  static func find(
    _ method: HTTPMethod, _ target: RequestTarget, offering offer: ControlOffer
  ) throws(Problem) -> Route {
    let route = try find(target)
    if offer == .monitoring, !route.isMonitoring {
      throw Problem(.notFound, "only /metrics, /livez and /readyz are offered here")
    }
    guard route.methods.contains(method) else {
      let allowed = route.methods.map(\.rawValue).joined(separator: ", ")
      throw Problem(.methodNotAllowed, "this path takes \(allowed)", headers: [("Allow", allowed)])
    }
    return route
  }

  private static func find(_ target: RequestTarget) throws(Problem) -> Route {
    // A slash at the end, or two in a row, lead nowhere.
    let parts = target.path.contains("") ? [] : target.path
    switch parts.count {
    case 1 where parts == ["livez"]: return .livez
    case 1 where parts == ["readyz"]: return .readyz
    case 1 where parts == ["metrics"]: return .metrics
    case 2 where parts == ["v1", "profiles"]: return .profiles
    case 3 where parts.starts(with: ["v1", "profiles"]): return .profile(parts[2])
    case 4 where parts.starts(with: ["v1", "profiles"]):
      switch parts[3] {
      case "header": return .header(parts[2], minValid: try minValid(in: target.query))
      case "authorization": return .authorization(parts[2], minValid: try minValid(in: target.query))
      case "refresh": return .refresh(parts[2])
      case "rejected": return .rejected(parts[2])
      case "events": return .events(parts[2])
      default: break
      }
    default: break
    }
    throw Problem(.notFound, "there is no such path")
  }

  private var methods: [HTTPMethod] {
    switch self {
    case .refresh, .rejected: [.POST]
    case .profiles, .profile, .header, .authorization, .events, .livez, .readyz, .metrics: [.GET, .HEAD]
    }
  }

  private var isMonitoring: Bool {
    switch self {
    case .livez, .readyz, .metrics: true
    default: false
    }
  }

  /// A name that is misspelled must not pass for "no minimum".
  private static func minValid(in query: [(name: String, value: String)]) throws(Problem) -> Duration {
    var result = Duration.zero
    for (name, value) in query {
      guard name == "min_valid" else {
        throw Problem(.badRequest, "there is no such parameter: only min_valid is known, as in ?min_valid=5m")
      }
      do throws(DurationText.Fault) {
        result = max(result, try DurationText.parse(value))
      } catch {
        throw Problem(.badRequest, "min_valid \(error)")
      }
    }
    return result
  }
}
