internal import TokenCore

/// What the daemon says where it doesn't answer as asked (RFC 9457).
struct ProblemDocument: Decodable {
  let detail: String?
  let code: String?

  /// `path`: of the socket.
  static func error(of answer: HTTPAnswer, profile: String, path: String) -> TokenClientError {
    guard let problem = try? JSON.decode(ProblemDocument.self, answer.body), let code = problem.code else {
      return .connection(path: path, reason: "HTTP \(answer.status) without an explanation")
    }
    let detail = Printable.text(problem.detail ?? code, limit: 1000)
    switch (answer.status, code) {
    case (403, "access_denied"): return .accessDenied(profile: profile, detail: detail)
    case (404, "unknown_profile"): return .unknownProfile(profile)
    case (503, _), (429, _):
      let seconds = answer.fields["retry-after"].flatMap { Int64($0) }
      return .unavailable(code: code, detail: detail, retryAfter: seconds.map { .seconds($0) })
    default: return .refused(status: answer.status, detail: detail)
    }
  }
}
