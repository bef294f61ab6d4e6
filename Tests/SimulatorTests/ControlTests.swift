import FoundationEssentials
import Testing

@testable import assetit_sim

@Suite("The control endpoints")
struct ControlTests {
  @Test("rotate the credentials, also one of the two")
  func credentials() throws {
    var rig = Rig()
    #expect(try rig.control("PUT", "/_sim/credentials", #"{"client_secret":"new"}"#).status == 204)
    #expect(try rig.authenticate().status == 401)
    #expect(try rig.authenticate(secret: "new").status == 200)
    #expect(try rig.control("PUT", "/_sim/credentials", #"{"client_id":"other"}"#).status == 204)
    #expect(try rig.authenticate(secret: "new").status == 401)
    #expect(try rig.control("PUT", "/_sim/credentials", #"{"secret":"x"}"#).status == 400)
  }

  @Test("set the lifetime of new tokens")
  func lifetime() throws {
    var rig = Rig()
    #expect(try rig.control("PUT", "/_sim/lifetime", #"{"seconds":20}"#).status == 204)
    #expect(try claims(try rig.token())["exp"] == .integer(1_700_000_020))
    for body in [#"{"seconds":0}"#, #"{"seconds":1e18}"#, "{}", #"{"seconds":20,"x":1}"#] {
      #expect(try rig.control("PUT", "/_sim/lifetime", body).status == 400)
    }
  }

  @Test("list every authenticate request with its time, never the secret")
  func requests() throws {
    var rig = Rig()
    _ = try rig.token()
    rig.seconds = 1.5
    try rig.set(#"{"hang":true}"#)
    _ = rig.send(Rig.authenticate(type: "text/plain"))
    let list = try rig.control("GET", "/_sim/requests").text
    let first =
      #"{"at":100,"client_id":"id","host":"h:1","in_flight":1,"status":200,"user_agent":"test/1","wall":1700000000}"#
    let second = first.replacing("100,", with: "101.5,").replacing("200", with: "null")
      .replacing(#""id""#, with: "null").replacing("1700000000", with: "1700000001.5")
    #expect(list == "[\(first),\(second)]")
    #expect(try rig.control("DELETE", "/_sim/requests").status == 204)
    #expect(try rig.control("GET", "/_sim/requests").text == "[]")
  }

  @Test("count what happened since the start")
  func statistics() throws {
    var rig = Rig()
    let header = "JWT \(try rig.token())"
    _ = try rig.authenticate(secret: "wrong")
    _ = try rig.assets(header)
    _ = try rig.assets(nil)
    _ = try rig.control("DELETE", "/_sim/requests")
    let stats = try JSONDecoder().decode(
      Statistics.self, from: Data(try rig.control("GET", "/_sim/stats").body))
    let expected = Statistics(
      authenticateRequests: 2, tokensIssued: 1, dataOK: 1, dataRefused: 1, mostInFlight: 1)
    #expect(stats == expected)
  }
}

@Suite("The request log")
struct RequestLogTests {
  private static func log(_ count: Int, into log: inout RequestLog) -> [Int] {
    (0..<count).map { log.begin(Rig.authenticate(), clientID: "\($0)", at: Moment(monotonic: 0, wall: 0)) }
  }

  @Test("counts the requests in flight, across a clearing too")
  func inFlight() {
    var log = RequestLog()
    let numbers = Self.log(3, into: &log)
    #expect(log.entries.map(\.inFlight) == [1, 2, 3])
    log.clear()
    for number in numbers { log.finish(number, status: 200) }
    #expect(log.inFlight == 0)
    #expect(log.mostInFlight == 3)
    #expect(log.entries.isEmpty)
  }

  @Test("keeps the newest, in order, and gives each its own status")
  func bounded() {
    var log = RequestLog(capacity: 4)
    let numbers = Self.log(10, into: &log)
    for number in numbers { log.finish(number, status: number) }
    #expect(log.entries.map(\.clientID) == ["6", "7", "8", "9"])
    #expect(log.entries.map(\.status) == [6, 7, 8, 9])
    log.clear()
    _ = Self.log(5, into: &log)
    #expect(log.entries.map(\.clientID) == ["1", "2", "3", "4"])
    #expect(log.total == 15)
  }

  @Test("keeps no more of a client's text than it must")
  func long() {
    var log = RequestLog()
    _ = log.begin(
      Rig.authenticate(), clientID: String(repeating: "x", count: 60_000), at: Moment(monotonic: 0, wall: 0))
    #expect(log.entries.first?.clientID?.count == 200)
  }
}
