import ArgumentParser
import AssetITTokenClient
import CommandLineProgram
import FoundationEssentials
import Glibc

struct HeaderCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "header",
    abstract: "Prints the header.",
    discussion: "It is printed as it is; a newline follows only on a terminal.")

  @OptionGroup var profile: ProfileArgument

  @Option(help: ArgumentHelp("How long it must be good for, at least.", valueName: "duration"))
  var minValid = DurationArgument(.zero)

  @Option(help: "What it is printed as, as in the daemon's files.")
  var format = HeaderFormat.header

  @OptionGroup var connection: ConnectionOptions

  func perform() async throws {
    let client = connection.client(for: profile.profile)
    let (header, issuedAt): (AuthorizationHeader, Date?)
    do throws(TokenClientError) {
      header = try await client.header(minValid: minValid.duration)
      issuedAt = format == .json ? try await Self.issueTime(of: header, client) : nil
    } catch {
      throw fail(error)
    }
    let end = isatty(STDOUT_FILENO) == 1 && !format.isWholeLines ? [UInt8(ascii: "\n")] : []
    do {
      try StandardOutput.write(format.render(header, profile: profile.profile, issuedAt: issuedAt) + end)
    } catch let error as HeaderFormat.Unprintable {
      say("\(error)")
      throw ExitCode(ExitStatus.protocolMismatch.rawValue)
    }
  }

  /// `nil` where the token was replaced between the two requests.
  private static func issueTime(
    of header: AuthorizationHeader, _ client: TokenClient
  ) async throws(TokenClientError) -> Date? {
    let status = try await client.status()
    guard let expiresAt = status.expiresAt, let expected = header.expiresAt,
      abs(expiresAt.timeIntervalSince(expected)) <= 1
    else { return nil }
    return status.issuedAt
  }
}
