import Glibc
import Testing

/// Long runs against the built programs. `make chaos`, `make kills` and `make soak` set how long and from which seed;
/// without that they are as short as belongs into a test.
@Suite("Through a campaign", .serialized, .turnstile)
struct CampaignTests {
  private static func number(_ variable: String) -> Int? {
    getenv(variable).flatMap { Int(String(cString: $0)) }
  }

  private static var seed: UInt64 {
    number("SEED").map { UInt64(clamping: $0) } ?? UInt64(clamping: Int(timeOfDay()))
  }

  @Test("of faults readers get a valid header of their profile or nothing, and a valid one soon after each")
  func chaos() async throws {
    let campaign = try await Chaos(seed: Self.seed)
    let summary = try await campaign.run(seconds: Self.number("CHAOS_SECONDS") ?? 12)
    print(summary.text)
    #expect(summary.violations.isEmpty)
    #expect(summary.reads > 100)
  }

  @Test("of kills no file is torn, nothing is left behind, and every start is clean")
  func kills() async throws {
    let campaign = try await Kills(seed: Self.seed)
    let summary = try await campaign.run(kills: Self.number("KILLS") ?? 8)
    print(summary.text)
    #expect(summary.violations.isEmpty)
  }

  @Test("of refreshes and reloads descriptors, threads and memory stay as they are")
  func soak() async throws {
    let campaign = try await Soak()
    let summary = try await campaign.run(seconds: (Self.number("SOAK_MINUTES") ?? 0) * 60 + 15)
    print(summary.text)
    #expect(summary.violations.isEmpty)
  }
}

/// What a campaign saw.
struct CampaignSummary {
  let text: String
  let reads: Int
  let violations: [String]
}
