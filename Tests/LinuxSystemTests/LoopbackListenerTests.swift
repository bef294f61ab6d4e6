import Glibc
import LinuxSystem
import Testing
import TokenCore

@Suite("Listeners on loopback")
struct LoopbackListenerTests {
  @Test(
    "A listener says where it is bound in the form that the configuration has",
    arguments: ["127.0.0.1", "127.9.8.7", "[::1]"])
  func place(host: String) throws {
    let listener = try LoopbackListener.open("\(host):0")
    let bound = LoopbackListener.place(of: listener)
    let place = try #require(bound)
    #expect(place.hasPrefix("\(host):"))
    #expect(try LoopbackAddress(place).description == place)
    #expect(throws: SystemError.self) { try LoopbackListener.open(place).raw }
  }

  @Test("What isn't a listening TCP socket has no place")
  func others() throws {
    let unix = try OwnedFD("make", "a socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
    let unbound = try OwnedFD("make", "a socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    let places = [LoopbackListener.place(of: unix), LoopbackListener.place(of: unbound)]
    #expect(places == [nil, nil])
    let spare = try OwnedFD.spare()
    let none = LoopbackListener.place(of: spare)
    #expect(none == nil)
  }
}
