import Testing
import TokenCore

@testable import AssetITAPI

@Suite("Settings of an exchange")
struct ExchangeSettingTests {
  @Test(
    "that no waiting will mend are refused before anything is sent",
    arguments: [
      "", "https://", "https:", "https:host", "https:/host", "host", "ftp://127.0.0.1", "file:///etc/passwd",
      "https://user:hunter2@host",
      "https://host?x=1", "https://host#x", "https://ho st", "https://host:99999", "https://host\0.example",
    ])
  func baseURL(url: String) async throws {
    let client = try ExchangeClient()
    let result = await client.exchange(.test(url))
    #expect(result.kind == "unusableSetting", "\(result)")
    #expect(!String(describing: result).contains("hunter2"))
  }

  @Test("of one name for both fields, or of a pointer that is none, are refused")
  func fields() async throws {
    let client = try ExchangeClient()
    var settings = ExchangeSettings.test("http://127.0.0.1:1")
    settings.tokenPointer = "token"
    #expect(await client.exchange(settings).kind == "unusableSetting")
    settings.tokenPointer = nil
    settings.clientIDField = settings.clientSecretField
    #expect(await client.exchange(settings).kind == "unusableSetting")
  }

  @Test("a secret that is no UTF-8 is reported as such")
  func encoding() async throws {
    let client = try ExchangeClient()
    let request = AuthenticationRequest(
      settings: .test("http://127.0.0.1:1"),
      credentials: Credentials(clientID: Secret("id"), clientSecret: Secret([0x61, 0xFF])),
      assumedLifetime: .seconds(1))
    let result = await withCheckedContinuation { continuation in
      _ = client.start(request) { continuation.resume(returning: $0) }
    }
    #expect(result.kind == "credentialsUnavailable", "\(result)")
  }

  @Test("plain loopback goes past every proxy")
  func plain() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    let proxy = try LoopbackServer(answering: answer(testToken))
    let client = try ExchangeClient()
    var settings = ExchangeSettings.test(server.baseURL)
    settings.proxy = .url(Secret(proxy.baseURL))
    #expect(await client.exchange(settings).grant != nil)
    proxy.stop()
    server.stop()
    #expect(server.requests.count == 1 && proxy.requests.isEmpty)
  }

  @Test(
    "a proxy's refusal is the proxy's, and its password stays hidden",
    arguments: [
      (407, "status 407"), (403, "network to assetit.invalid"), (503, "network to assetit.invalid"),
    ])
  func proxyRefusal(status: Int, kind: String) async throws {
    let proxy = try LoopbackServer(answering: answer("", status: "\(status) No hunter2"))
    let client = try ExchangeClient()
    var settings = ExchangeSettings.test("https://assetit.invalid")
    settings.proxy = .url(Secret("http://user:hunter2@127.0.0.1:\(proxy.port)"))
    let result = await client.exchange(settings)
    #expect(result.kind == kind, "\(result)")
    #expect(!String(describing: result).contains("hunter2"))
    proxy.stop()
    let request = try #require(proxy.requests.first)
    #expect(request.hasPrefix("CONNECT assetit.invalid:443 HTTP/1.1\r\n"))
    #expect(!request.contains("the-id"))
  }

  @Test(
    "an unusable proxy is a setting to mend, and its password stays hidden",
    arguments: [
      "", "http://user:hunter2@", "http://user:hunter2@host:port", "gopher://user:hunter2@127.0.0.1",
    ])
  func proxyURL(proxy: String) async throws {
    let client = try ExchangeClient()
    var settings = ExchangeSettings.test("https://127.0.0.1:1")
    settings.proxy = .url(Secret(proxy))
    let result = await client.exchange(settings)
    #expect(result.kind == "unusableSetting", "\(result)")
    #expect(!String(describing: result).contains("hunter2"))
  }
}
