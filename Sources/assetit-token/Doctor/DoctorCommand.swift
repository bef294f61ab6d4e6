import ArgumentParser
import AssetITTokenClient
import CommandLineProgram
import FoundationEssentials
import LinuxSystem
import TokenConfig
import TokenCore

struct DoctorCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Looks for what is wrong: configuration, permissions, network, clock, unit, daemon.",
    discussion: """
      Each line says ok, or what to do. It sends no credentials, and changes nothing. As root it sees everything; \
      another user learns whether that user can read headers. The exit code is that of the first thing that is wrong.
      """)

  @OptionGroup var options: ConfigurationArgument

  @OptionGroup var connection: ConnectionOptions

  func perform() async throws {
    var findings: [Finding] = []
    let isColored = Terminal.current().hasColor
    func show(_ new: [Finding]) throws {
      for finding in new { try StandardOutput.write(line: finding.line(isColored: isColored)) }
      findings += new
    }
    let unit = (try? ServiceUnit()) ?? nil
    let (configuration, found) = ConfigurationCheck.run(options.path, unit)
    try show(found)
    for profile in configuration?.profiles ?? [] { try show(ServiceCheck.run(profile)) }
    try show([UnitCheck.run(unit)])
    if let configuration, let settings = try? unit?.properties(FolderCheck.properties) {
      try show(FolderCheck.findings(configuration, settings))
    }
    let client = connection.client()
    try show([SocketCheck.run(client.socketPath, "the HTTP socket")])
    for profile in configuration?.profiles ?? [] {
      try show([SocketCheck.run(profile.socket.path, "\(profile.name)'s token socket")])
    }
    try show(await DaemonCheck.run(client))
    if let status = Finding.exitStatus(findings) { throw ExitCode(status.rawValue) }
  }
}
