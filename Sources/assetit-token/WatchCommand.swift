import ArgumentParser
import AssetITTokenClient
import CommandLineProgram
import FoundationEssentials

struct WatchCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Prints a line of JSON for the state now and for each change.",
    discussion: """
      Each line has "event": "state" with the state's fields, "header" for a new header, or "interrupted" while the \
      daemon can't be heard. The header itself is printed with --with-header only.
      """)

  @OptionGroup var profile: ProfileArgument

  @Flag(help: "Print headers too. Whoever can read the output can then use them.")
  var withHeader = false

  @OptionGroup var connection: ConnectionOptions

  func perform() async throws {
    do {
      for try await event in connection.client(for: profile.profile).events {
        let line = WatchLine(event, profile: profile.profile, showsHeader: withHeader)
        try StandardOutput.write(JSONLine.bytes(line))
      }
    } catch let error as TokenClientError {
      throw fail(error)
    }
  }
}

/// One line of `watch`.
struct WatchLine: Encodable {
  private let event: TokenEvent
  private let profile: String
  private let showsHeader: Bool

  init(_ event: TokenEvent, profile: String, showsHeader: Bool) {
    self.event = event
    self.profile = profile
    self.showsHeader = showsHeader
  }

  private enum CodingKeys: String, CodingKey {
    case event, profile, header, message
    case expiresAt = "expires_at"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch event {
    case .state(let status):
      try container.encode("state", forKey: .event)
      try status.encode(to: encoder)
    case .header(let header):
      try container.encode("header", forKey: .event)
      try container.encode(profile, forKey: .profile)
      try container.encodeIfPresent(header.expiresAt, forKey: .expiresAt)
      if showsHeader { try container.encode(header.value, forKey: .header) }
    case .interrupted(let error):
      try container.encode("interrupted", forKey: .event)
      try container.encode(profile, forKey: .profile)
      try container.encode("\(error)", forKey: .message)
    }
  }
}
