import FoundationEssentials
import Testing
import TokenCore

@testable import TokenConfig

@Suite("Whatever a configuration holds")
struct FuzzTests {
  /// SplitMix64: the same documents in every run.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// How many mutated configurations are loaded; `make fuzz` sets more.
  private static let rounds =
    ProcessInfo.processInfo.environment["ASSETIT_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 300

  @Test("loading it doesn't crash, and its problems don't hold the secret")
  func mutations() throws {
    let host = try Host()
    host.loader.checksSecrets = false
    let password = "pr0xy-pa55word"
    let valid = Array(
      """
      [regions]
      EU = "https://eu.example"
      [profiles.default]
      client_secret = "\(Host.secret)"
      region = "EU"
      client_id = "id"
      api = { proxy = "http://user:\(password)@proxy.example:3128", timeout = "20s" }
      [profiles.default.refresh]
      at = 0.5
      [profiles.default.socket]
      mode = "0660"
      allow_users = [ "root", 1000 ]
      [[profiles.default.files]]
      path = "\(host.path("run/x"))"
      """.utf8)
    try host.write("config.toml", valid, mode: 0o600)
    #expect(host.problems() == [])
    var random = Generator(state: 20_261_124 &+ UInt64(Self.rounds))
    var refused = 0
    for _ in 0..<Self.rounds {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
      try host.write("config.toml", bytes, mode: 0o600)
      let lines = host.problems()
      if !lines.isEmpty { refused += 1 }
      for line in lines {
        #expect(
          !line.contains(Host.secret) && !line.contains(password), "\(String(decoding: bytes, as: UTF8.self))"
        )
        #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
      }
    }
    #expect(refused > Self.rounds / 3)
  }

  private static let pieces = [
    "\"", "'", "=", "[", "]", "{", "}", ",", ".", "\n", "\\", "#", " ", "\0", "\u{7F}", "é", "0", "-",
    "\"\"\"",
    "\\u0000", "[[", "nan", "1e9", "99999999999999999999", "1979-05-27T", ":", "[.", "07:32", "[}",
  ]

  private static func mutate(_ bytes: inout [UInt8], _ random: inout Generator) {
    guard !bytes.isEmpty else { return }
    let index = Int.random(in: bytes.indices, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
    case 1: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: index)
    case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...12, using: &random)))
    case 3: bytes.removeSubrange(index...)
    default:
      let end = min(bytes.count, index + Int.random(in: 1...40, using: &random))
      bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: bytes.indices, using: &random))
    }
  }
}
