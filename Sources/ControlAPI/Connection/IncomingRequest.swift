import NIOCore
import NIOHTTP1

/// What the answer must know of its request.
struct RequestFacts {
  /// Among all requests of this process, so that an answer which comes too late goes to nobody.
  let id: UInt64
  var isHead = false
  var isHTTP10 = false
  /// Nothing can follow on the connection.
  var isLast = false

  /// A request of which nothing is known.
  init(id: UInt64) {
    self.id = id
  }

  init(_ head: HTTPRequestHead, id: UInt64) {
    self.id = id
    isHead = head.method == .HEAD
    isHTTP10 = head.version == .http1_0
    // The parser takes nothing after an offer to upgrade, which is never taken up, or after CONNECT.
    isLast = !head.isKeepAlive || head.method == .CONNECT || head.headers.contains(name: "Upgrade")
  }
}

/// A request whose head has come.
struct IncomingRequest {
  let facts: RequestFacts
  let head: HTTPRequestHead
  let plan: RequestPlan
  /// What the plan wants to keep of the body.
  private(set) var body: [UInt8] = []
  private var received = 0

  init(facts: RequestFacts, head: HTTPRequestHead, plan: RequestPlan) {
    self.facts = facts
    self.head = head
    self.plan = plan
  }

  /// - Returns: whether the body is still as short as it must be.
  mutating func take(_ piece: ByteBuffer) -> Bool {
    received += piece.readableBytes
    guard received <= plan.body.limit else { return false }
    if case .kept = plan.body { body += piece.readableBytesView }
    return true
  }
}

/// What is to become of a request, as far as its head tells.
struct RequestPlan {
  let route: Result<Route, Problem>
  let body: BodyRule

  var problem: Problem? {
    if case .failure(let problem) = route { problem } else { nil }
  }
}

/// What a request may bring along.
enum BodyRule {
  case none
  /// Read and thrown away: clients send something with every POST.
  case ignored(upTo: Int)
  case kept(upTo: Int)

  var limit: Int {
    switch self {
    case .none: 0
    case .ignored(let limit), .kept(let limit): limit
    }
  }

  func admits(_ declared: DeclaredBody) -> Bool {
    switch declared {
    case .none: true
    case .length(let length): length <= limit
    case .chunked: limit > 0
    }
  }

  var problem: Problem {
    let detail =
      switch self {
      case .none: "this request takes no body"
      case .ignored(let limit), .kept(let limit): "the body of this request may have at most \(limit) bytes"
      }
    return Problem(.payloadTooLarge, detail)
  }
}

/// What a head says of the body (RFC 9112 section 6.3).
enum DeclaredBody {
  case none
  case length(Int)
  case chunked

  init(_ head: HTTPRequestHead) {
    if head.headers.contains(name: "transfer-encoding") {
      self = .chunked
    } else if let text = head.headers.first(name: "content-length") {
      // The parser has seen to it that there are digits only; more than fit are more than anything takes.
      let length = Int(text) ?? .max
      self = length == 0 ? .none : .length(length)
    } else {
      self = .none
    }
  }

  /// Whether the client waits for a sign before it sends the body (RFC 9110 section 10.1.1).
  func isAwaited(_ head: HTTPRequestHead) -> Bool {
    if case .none = self { return false }
    return head.version == .http1_1 && head.headers.first(name: "expect")?.lowercased() == "100-continue"
  }
}
