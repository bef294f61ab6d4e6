import NIOHTTP1
import Testing
import TokenService

@testable import ControlAPI

@Suite("Routes, targets and hosts")
struct RouteTests {
  private func find(
    _ method: HTTPMethod, _ target: String, _ offer: ControlOffer = .everything
  ) throws(Problem) -> Route {
    try Route.find(method, RequestTarget(target), offering: offer)
  }

  @Test(
    "every path leads where it should",
    arguments: [
      (HTTPMethod.GET, "/v1/profiles", Route.profiles),
      (.HEAD, "/v1/profiles", .profiles),
      (.GET, "/v1/profiles/default", .profile("default")),
      (.GET, "/v1/profiles/a%2Db", .profile("a-b")),
      (.GET, "http://localhost/v1/profiles?x=1", .profiles),
      (.GET, "HTTP://x:80/livez", .livez),
      (.GET, "/v1/profiles/p/header", .header("p", minValid: .zero)),
      (.GET, "/v1/profiles/p/header?", .header("p", minValid: .zero)),
      (.GET, "/v1/profiles/p/header?min_valid=5m", .header("p", minValid: .seconds(300))),
      (.GET, "/v1/profiles/p/header?min_valid=1h+30m", .header("p", minValid: .seconds(5400))),
      (.GET, "/v1/profiles/p/header?min%5Fvalid=1h%2030m", .header("p", minValid: .seconds(5400))),
      (.GET, "/v1/profiles/p/header?min_valid=5m&min_valid=1m", .header("p", minValid: .seconds(300))),
      (.POST, "/v1/profiles/p/refresh", .refresh("p")),
      (.POST, "/v1/profiles/p/rejected", .rejected("p")),
      (.GET, "/v1/profiles/p/events", .events("p")),
      (.GET, "/livez", .livez), (.GET, "/readyz", .readyz), (.GET, "/metrics", .metrics),
    ])
  func found(_ method: HTTPMethod, _ target: String, _ route: Route) throws {
    #expect(try find(method, target) == route)
  }

  @Test(
    "what isn't there is 404",
    arguments: [
      "/", "/v1", "/v1/profiles/", "/v1/profiles/p/", "/v1/profiles/p/header/", "//v1/profiles",
      "/V1/profiles",
      "/v2/profiles", "/v1/profiles/p/token", "/livez/x", "/metrics/", "http://localhost",
      "http://localhost?x",
      "/v1/profiles/p/../header",
    ])
  func unknown(_ target: String) {
    #expect { try find(.GET, target) } throws: { ($0 as? Problem)?.status == .notFound }
  }

  @Test(
    "what can't be understood is 400",
    arguments: [
      "*", "v1/profiles", "", "https://localhost/livez", "/v1/%zz", "/v1/%2",
      "/v1/profiles/p/header?min_valid",
      "/v1/profiles/p/header?min_valid=", "/v1/profiles/p/header?min_valid=5",
      "/v1/profiles/p/header?minvalid=5m",
      "/v1/profiles/p/header?min_valid=-5m", "/v1/profiles/p/header?min_valid=300y",
      "/v1/profiles/p/header?min_valid=%zz", "/v1/profiles/p/header?min_valid=5m&x=1",
    ])
  func malformed(_ target: String) {
    #expect { try find(.GET, target) } throws: { ($0 as? Problem)?.status == .badRequest }
  }

  @Test("another method is 405 with those that there are", arguments: HTTPMethod.all)
  func methods(_ method: HTTPMethod) {
    let reading = [
      "/v1/profiles", "/v1/profiles/p", "/v1/profiles/p/header", "/v1/profiles/p/events", "/metrics",
    ]
    for (targets, allowed) in [(reading, [HTTPMethod.GET, .HEAD]), (["/v1/profiles/p/refresh"], [.POST])]
    where !allowed.contains(method) {
      for target in targets {
        #expect { try find(method, target) } throws: { error in
          let problem = error as? Problem
          let allow = problem?.headers.first { $0.name == "Allow" }?.value
          return problem?.status == .methodNotAllowed
            && allow == allowed.map(\.rawValue).joined(separator: ", ")
        }
      }
    }
  }

  @Test("a listener for monitoring offers nothing else")
  func monitoring() throws {
    for target in ["/livez", "/readyz", "/metrics"] { _ = try find(.GET, target, .monitoring) }
    for target in ["/v1/profiles", "/v1/profiles/p/header", "/v1/profiles/p/events"] {
      #expect { try find(.GET, target, .monitoring) } throws: { ($0 as? Problem)?.status == .notFound }
    }
    #expect { try find(.POST, "/v1/profiles/p/refresh", .monitoring) } throws: {
      ($0 as? Problem)?.status == .notFound
    }
  }

  @Test(
    "a host is this one",
    arguments: [
      "", "localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:8080", "[::1]", "[::1]:80", "assetit", "x:1",
      "%2Frun%2Fassetit-tokend%2Fapi.sock", "api.moby.localhost",
    ])
  func localHost(_ host: String) {
    #expect(BrowserGuard.isLocal(host))
  }

  @Test(
    "or it is another one",
    arguments: [
      "evil.com", "localhost.evil.com", "127.0.0.1.evil.com", "127.0.0.256", "1.2.3.4", "[::2]", "[::1]x",
      "evil.com:80", "localhost:80:90", "localhost:x", "user@evil.com", "127.1.1", "evil.com.",
    ])
  func foreignHost(_ host: String) {
    #expect(!BrowserGuard.isLocal(host))
  }

  @Test("nothing that a browser sends passes, except for monitoring")
  func browsers() {
    for name in ["Origin", "origin", "Sec-Fetch-Site", "sec-fetch-mode", "SEC-FETCH-DEST"] {
      let head = HTTPRequestHead(
        version: .http1_1, method: .POST, uri: "/", headers: ["Host": "localhost", name: "null"])
      #expect { try BrowserGuard.check(head, offering: .everything) } throws: {
        ($0 as? Problem)?.status == .forbidden
      }
      #expect(throws: Never.self) { try BrowserGuard.check(head, offering: .monitoring) }
    }
  }

  @Test("HTTP/1.1 needs one Host, HTTP/1.0 none")
  func hosts() {
    func check(_ version: HTTPVersion, _ headers: [(String, String)]) throws {
      let head = HTTPRequestHead(version: version, method: .GET, uri: "/", headers: HTTPHeaders(headers))
      try BrowserGuard.check(head, offering: .everything)
    }
    #expect(throws: Never.self) { try check(.http1_0, []) }
    #expect(throws: Never.self) { try check(.http1_1, [("host", "")]) }
    #expect(throws: Problem.self) { try check(.http1_1, []) }
    #expect(throws: Problem.self) { try check(.http1_1, [("host", "a"), ("host", "a")]) }
    #expect { try check(.http1_1, [("host", "evil.com")]) } throws: {
      ($0 as? Problem)?.status == .misdirectedRequest
    }
  }

  @Test("whatever the bytes of a target are, they are taken apart or refused")
  func noise() {
    var random = SystemRandomNumberGenerator()
    let letters = Array("/%?&=+azA09.-_v1profiles \u{e9}\0\n".unicodeScalars)
    for _ in 0..<20_000 {
      var text = String.UnicodeScalarView()
      if Bool.random(using: &random) { text.append(contentsOf: "/v1/profiles/".unicodeScalars) }
      for _ in 0..<Int.random(in: 0...24, using: &random) {
        text.append(letters.randomElement(using: &random) ?? "/")
      }
      do {
        _ = try find(.GET, String(text))
      } catch {
        #expect(error.status == .notFound || error.status == .badRequest || error.status == .methodNotAllowed)
      }
    }
  }
}

extension HTTPMethod {
  static let all: [HTTPMethod] = [
    .GET, .HEAD, .POST, .PUT, .DELETE, .PATCH, .OPTIONS, .TRACE, .CONNECT, .RAW(value: "BREW"),
  ]
}
