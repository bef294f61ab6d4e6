import ArgumentParser
import AssetITTokenClient
import CommandLineProgram

struct RefreshCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh",
    abstract: "Has the daemon fetch a new token now, and says how that went.",
    discussion: "All who ask at the same time share one request, and AssetIT isn't asked over and over again."
  )

  @OptionGroup var profile: ProfileArgument

  @Flag(help: "Print the profile's state as a line of JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  func perform() async throws {
    let status: ProfileStatus
    do throws(TokenClientError) {
      status = try await connection.client(for: profile.profile).refresh()
    } catch {
      throw fail(error)
    }
    if json { return try StandardOutput.write(JSONLine.bytes(status)) }
    let left = status.expiresIn.map { ", good for \(TimeSpan.text($0))" } ?? ""
    try StandardOutput.write(line: "\(status.profile): there is a new token\(left)")
  }
}
