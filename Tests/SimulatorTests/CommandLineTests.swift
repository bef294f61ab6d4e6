import Testing

@testable import assetit_sim

@Suite("The command line")
struct CommandLineTests {
  @Test("listens on loopback and on nothing else")
  func listen() {
    #expect(ListenAddress(argument: "127.0.0.1:0") == ListenAddress(host: "127.0.0.1", port: 0))
    #expect(ListenAddress(argument: "127.8.9.1:65535")?.port == 65535)
    #expect(ListenAddress(argument: "[::1]:80")?.description == "[::1]:80")
    for other in [
      "0.0.0.0:80", "10.0.0.1:80", "[::]:80", "[::ffff:10.0.0.1]:80", "localhost:80", "128.0.0.1:1", ":80",
      "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "",
    ] {
      #expect(ListenAddress(argument: other) == nil, "\(other)")
    }
  }

  @Test("takes a lifetime in seconds or with units")
  func lifetime() {
    let good = ["3600": 3600, "90s": 90, "5m": 300, "1h": 3600, "1h30m": 5400, "2d": 172_800]
    for (text, seconds) in good { #expect(Lifetime(argument: text)?.seconds == seconds, "\(text)") }
    for bad in ["", "0", "-5", "5x", "m", "h5", "1h 5m", "1.5h", "99999999999999999999s", "99999999d", "٣s"] {
      #expect(Lifetime(argument: bad) == nil, "\(bad)")
    }
  }

  @Test("dates are IMF-fixdate")
  func dates() {
    #expect(HTTPDate.text(784_111_777.9) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
  }
}
