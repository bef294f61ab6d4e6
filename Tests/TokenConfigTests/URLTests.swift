import Testing
import TokenCore

@testable import TokenConfig

@Suite("URLs")
struct URLTests {
  @Test(
    "a base URL is https, or http to loopback",
    arguments: [
      ("https://api.example", "https://api.example"), ("https://api.example/", "https://api.example"),
      ("https://api.example/a/b//", "https://api.example/a/b"),
      ("HTTPS://API.example:8443/x", "HTTPS://API.example:8443/x"),
      ("https://10.0.0.1", "https://10.0.0.1"), ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
      ("http://localhost:8080", "http://localhost:8080"), ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x"),
      ("http://127.255.0.9", "http://127.255.0.9"), ("http://[::1]:80/", "http://[::1]:80"),
    ])
  func accepted(text: String, url: String) throws {
    #expect(try BaseURL.parse(text) == url)
  }

  @Test(
    "a base URL that could go elsewhere is refused",
    arguments: [
      "", "api.example", "ftp://api.example", "file:///etc/passwd", "http://api.example", "https://",
      "https:///path", "https:/api.example", "://x", "http://127.0.0.1.evil.com", "http://localhost@evil.com",
      "http://localhost.evil.com", "https://user@api.example", "https://user:pw@api.example",
      "https://api.example?x=1", "https://api.example/#x", "https://api.example/a?b", "http://127.1",
      "http://0x7f.0.0.1", "http://2130706433", "http://[::ffff:127.0.0.1]", "http://[::2]", "http://[::1",
      "http://[::1]x", "http://[localhost]", "http://localhost:80@evil.com", "http://localhost\\@evil.com",
      "http://localhost#@evil.com", "http://localhost.", "https://api.example:0", "https://api.example:65536",
      "https://api.example:", "https://api.example:8x", "https://api example", "https://api.exämple",
      "https://api.example/\u{1}", "https://a..b", "https://.a", "https://api.example:+80", "https://a%2eb",
      " https://api.example",
    ])
  func refused(text: String) {
    #expect(throws: SettingFault.self) { try BaseURL.parse(text) }
  }

  @Test("a proxy's user and password make the configuration a secret")
  func proxy() throws {
    #expect(try ProxyURL.check("http://user:pw@proxy.example:3128"))
    #expect(try ProxyURL.check("socks5h://proxy.example:1080/") == false)
    #expect(throws: SettingFault.self) { try ProxyURL.check("socks4://proxy.example") }
    #expect(throws: SettingFault.self) { try ProxyURL.check("proxy.example:3128") }
    #expect(throws: SettingFault.self) { try ProxyURL.check("http://proxy.example/path") }
  }

  @Test(
    "the nearest key is named where it is near enough",
    arguments: [
      ("clint_id", "client_id"), ("client_ID", "client_id"), ("clinet_id", "client_id"),
      ("baseurl", "base_url"),
      ("url", nil), ("zzzzzz", nil), (String(repeating: "x", count: 100), nil),
    ])
  func nearest(key: String, expected: String?) {
    #expect(NearestKey.of(key, among: ["base_url", "client_id", "client_secret"]) == expected)
  }
}
