import Testing
import TokenCore

@Suite("Addresses on loopback")
struct LoopbackAddressTests {
  @Test(
    "One address has one form however it is spelled",
    arguments: [
      ("127.0.0.1:9464", "127.0.0.1:9464"), ("localhost:9464", "127.0.0.1:9464"),
      ("LocalHost:09464", "127.0.0.1:9464"), ("127.1.2.3:1", "127.1.2.3:1"), ("[::1]:80", "[::1]:80"),
      ("[0:0:0:0:0:0:0:1]:80", "[::1]:80"), ("[0000::0001]:80", "[::1]:80"),
      ("[0::0:1]:65535", "[::1]:65535"),
    ])
  func canonical(text: String, form: String) throws {
    #expect(try LoopbackAddress(text).description == form)
  }

  @Test(
    "What is no address, or not on this host, is refused",
    arguments: [
      ("9464", LoopbackAddress.Fault.malformed), ("127.0.0.1", .malformed), ("127.0.0.1:", .malformed),
      ("127.0.0.1:0", .malformed), ("127.0.0.1:65536", .malformed), ("127.0.0.1:+80", .malformed),
      ("127.1:80", .malformed), ("127.0.0.256:80", .malformed), ("127.0.0.+1:80", .malformed),
      ("host:80", .malformed), ("::1:80", .malformed), ("[::1:80", .malformed), ("[:::1]:80", .malformed),
      ("[1::2::3]:80", .malformed), ("[0:0:0:0:0:0:0:0:1]:80", .malformed), ("[::00001]:80", .malformed),
      ("[::+1]:80", .malformed), ("[]:80", .malformed), ("", .malformed), (":", .malformed),
      ("0.0.0.0:80", .notLoopback), ("[::]:80", .notLoopback), ("[::2]:80", .notLoopback),
      ("192.168.0.1:80", .notLoopback),
    ])
  func refused(text: String, fault: LoopbackAddress.Fault) {
    #expect(throws: fault) { try LoopbackAddress(text) }
  }
}
