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
      (.GET, "/v1/profiles/p/authorization", .authorization("p", minValid: .zero)),
      (.GET, "/v1/profiles/p/authorization?min_valid=5m", .authorization("p", minValid: .seconds(300))),
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
      "http://", "http:///livez", "http://?x",
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
    for target in [
      "/v1/profiles", "/v1/profiles/p/header", "/v1/profiles/p/authorization", "/v1/profiles/p/events",
    ] {
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
    #expect(CallerGuard.isLocal(host))
  }

  @Test(
    "or it is another one",
    arguments: [
      "evil.com", "localhost.evil.com", "127.0.0.1.evil.com", "127.0.0.256", "1.2.3.4", "[::2]", "[::1]x",
      "evil.com:80", "localhost:80:90", "localhost:x", "user@evil.com", "127.1.1", "evil.com.",
      "user@localhost", "user:x@localhost", "local host", "localhost/evil", "localhost?", "[::1", "[::1]:x",
      "[::1]:80:90", "local,host", "\u{e9}vil",
    ])
  func foreignHost(_ host: String) {
    #expect(!CallerGuard.isLocal(host))
  }

  @Test("nothing that a browser sends passes, except for monitoring")
  func browsers() throws {
    for name in ["Origin", "origin", "Sec-Fetch-Site", "sec-fetch-mode", "SEC-FETCH-DEST"] {
      let head = HTTPRequestHead(
        version: .http1_1, method: .POST, uri: "/", headers: ["Host": "localhost", name: "null"])
      let target = try RequestTarget.root
      #expect { try CallerGuard.check(head, target, offering: .everything) } throws: {
        ($0 as? Problem)?.status == .forbidden
      }
      #expect(throws: Never.self) { try CallerGuard.check(head, target, offering: .monitoring) }
    }
  }

  @Test("HTTP/1.1 needs one Host, HTTP/1.0 none")
  func hosts() {
    func check(_ version: HTTPVersion, _ headers: [(String, String)]) throws {
      let head = HTTPRequestHead(version: version, method: .GET, uri: "/", headers: HTTPHeaders(headers))
      try CallerGuard.check(head, .root, offering: .everything)
    }
    #expect(throws: Never.self) { try check(.http1_0, []) }
    #expect(throws: Never.self) { try check(.http1_1, [("host", "")]) }
    #expect(throws: Problem.self) { try check(.http1_1, []) }
    #expect(throws: Problem.self) { try check(.http1_1, [("host", "a"), ("host", "a")]) }
    #expect { try check(.http1_1, [("host", "evil.com")]) } throws: {
      ($0 as? Problem)?.status == .misdirectedRequest
    }
  }

  @Test("The authority of a target in absolute form is judged as Host is, for every offer")
  func authorities() throws {
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": "localhost"])
    for offer in [ControlOffer.everything, .monitoring] {
      for authority in ["localhost", "127.0.0.1:9464", "[::1]", "assetit"] {
        let target = try RequestTarget("http://\(authority)/metrics")
        #expect(throws: Never.self) { try CallerGuard.check(head, target, offering: offer) }
      }
      for authority in ["evil.com", "evil.com:80", "user@localhost", "127.0.0.1.evil.com", "1.2.3.4"] {
        let target = try RequestTarget("http://\(authority)/metrics")
        #expect { try CallerGuard.check(head, target, offering: offer) } throws: {
          ($0 as? Problem)?.status == .misdirectedRequest
        }
      }
    }
  }

  @Test("Another version than HTTP/1 and chunks in HTTP/1.0 are refused")
  func framing() {
    func check(_ version: HTTPVersion, _ headers: HTTPHeaders = [:]) throws {
      try CallerGuard.checkFraming(
        HTTPRequestHead(version: version, method: .GET, uri: "/", headers: headers))
    }
    #expect(throws: Never.self) { try check(.http1_1, ["Transfer-Encoding": "chunked"]) }
    #expect(throws: Never.self) { try check(.http1_0) }
    #expect { try check(.http1_0, ["Transfer-Encoding": "chunked"]) } throws: {
      ($0 as? Problem)?.status == .badRequest
    }
    for version in [HTTPVersion.http2, .http0_9, HTTPVersion(major: 1, minor: 2)] {
      #expect { try check(version) } throws: { ($0 as? Problem)?.status == .httpVersionNotSupported }
    }
  }

  @Test("A body is admitted by what the head says of it, or not at all")
  func bodies() {
    func declared(_ headers: HTTPHeaders) -> DeclaredBody {
      DeclaredBody(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/", headers: headers))
    }
    let (none, zero) = (declared([:]), declared(["Content-Length": "0"]))
    let (some, chunked) = (declared(["Content-Length": "1024"]), declared(["Transfer-Encoding": "chunked"]))
    let much = declared(["Content-Length": "1025"])
    let absurd = declared(["Content-Length": "99999999999999999999999"])
    for rule in [BodyRule.none, .ignored(upTo: 1024), .kept(upTo: 1024)] {
      #expect(rule.admits(none) && rule.admits(zero))
      #expect(!rule.admits(much) && !rule.admits(absurd))
    }
    for rule in [BodyRule.ignored(upTo: 1024), .kept(upTo: 1024)] {
      #expect(rule.admits(some) && rule.admits(chunked))
    }
    #expect(!BodyRule.none.admits(some) && !BodyRule.none.admits(chunked))
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

extension RequestTarget {
  static var root: RequestTarget {
    get throws { try RequestTarget("/") }
  }
}
