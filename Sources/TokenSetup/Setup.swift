internal import AssetITAPI
internal import FoundationEssentials
internal import Glibc
internal import LinuxSystem
package import TokenConfig
internal import TokenCore

/// `assetit-token setup`: from a client ID and a secret to a header, or to nothing changed.
package struct Setup {
  package var configuration = Site.packagedPath
  package var profile = "default"
  package var baseURL: String?
  package var region: String?
  package var clientID: String?
  /// `-`: standard input; so is `nil` where there is no terminal.
  package var secretFile: String?
  /// Lines of `[profiles.NAME.api]`.
  package var api: [Setting] = []
  package var replacesSecret = false
  package var startsService = true
  /// Says what would be done, once the credentials have been tried.
  package var isDryRun = false
  /// How long the service may take until there is a token.
  package var patience = Duration.seconds(60)

  package init() {}

  /// - Throws: ``OperatorFailure``: nothing was written unless it says so; ``Prompt/Failure``.
  package func run(_ loader: ConfigurationLoader, _ report: Report) throws {
    try prepare()
    let (site, lock) = try OperatorProcess.take(configuration)
    defer { withExtendedLifetime(lock) {} }
    try refuseKnownProfile(site, loader)
    let prompt = Prompt()
    let (place, id) = (try place(prompt), try askClientID(prompt))
    let secret = try askSecret(prompt)

    var new = NewProfile(name: profile, place: place, clientID: id, api: api)
    if !site.isPackaged { new.secretFile = site.secretsFolder + "/" + profile }
    let text = SetupPlan.text(site.text, isExample: site.isExample, new)
    let configuration = try site.loaded(text, loader)
    guard let added = configuration.profiles.first(where: { $0.name == profile }) else {
      throw OperatorFailure(
        .configuration, "\(site.path) would have no profile \(profile) then: add it by hand")
    }
    try trial(added, Credentials(clientID: Secret(id), clientSecret: secret), report)

    let secretPath = site.secretsFolder + "/" + profile
    let changes = SetupPlan.changes(
      configuration: (site.path, text, site.owner, site.text != nil),
      secret: (secretPath, secret, try present(secretPath, secret, prompt)))
    if isDryRun {
      for change in changes { report.say("would \(change.plan)") }
      return try report.check()
    }
    try report.check()
    try write(changes, site)
    for change in changes { report.say(change.done) }
    try start(configuration, site, report)
    try report.check()
  }

  private func prepare() throws(OperatorFailure) {
    guard ProfileSection.isName(profile) else {
      throw OperatorFailure(
        .usage,
        "a profile's name has 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", the first a letter or digit")
    }
    if baseURL != nil, region != nil {
      throw OperatorFailure(.usage, "give --base-url or --region, not both")
    }
    try OperatorProcess.prepare(configuration)
  }

  private func refuseKnownProfile(_ site: Site, _ loader: ConfigurationLoader) throws(OperatorFailure) {
    guard let text = site.text, !site.isExample, !text.hasNoSettings else { return }
    let configuration = try site.loaded(text, loader)
    guard let known = configuration.profiles.first(where: { $0.name == profile }) else { return }
    throw OperatorFailure(
      .configuration,
      "\(site.path) has this profile already, so nothing was changed. A new secret: assetit-token rotate"
        + " \(profile). Another profile: assetit-token setup NAME. If the service doesn't run:"
        + " systemctl enable --now assetit-tokend\n" + Explanation.describe(known, checkedSecrets: false))
  }

  private func place(_ prompt: Prompt?) throws -> NewProfile.Place {
    if let baseURL { return .baseURL(baseURL) }
    if let region { return .region(region) }
    let question =
      "Base URL of AssetIT's API, from your API documentation page (https://…), or a region of [regions]: "
    let answer = try ask(prompt, question)
    return answer.contains("/") || answer.contains(".") ? .baseURL(answer) : .region(answer)
  }

  private func askClientID(_ prompt: Prompt?) throws -> String {
    if let clientID { return clientID }
    return try ask(prompt, "Client ID (in AssetIT: Settings, API Credentials): ")
  }

  /// - Throws: 64 where nobody can be asked.
  private func ask(_ prompt: Prompt?, _ question: String) throws -> String {
    guard let prompt else {
      let missing = [
        baseURL == nil && region == nil ? "--base-url or --region" : nil,
        clientID == nil ? "--client-id" : nil,
      ].compactMap { $0 }
      throw OperatorFailure(
        .usage,
        "there is no terminal to ask at: give \(missing.joined(separator: " and ")), and the secret on"
          + " standard input or by --secret-file")
    }
    while true {
      let answer = try prompt.line(question)
      if !answer.isEmpty { return answer }
    }
  }

  private func askSecret(_ prompt: Prompt?) throws -> Secret {
    try SecretEntry.read(file: secretFile, prompt, "Client secret (it isn't shown): ")
  }

  private static let hint =
    "(here: --api KEY=TEXT for those of .api that are texts; others go into the configuration by hand,"
    + " and assetit-tokend fetch --explain tries them)"

  private func trial(
    _ profile: ProfileConfiguration, _ credentials: Credentials, _ report: Report
  ) throws(OperatorFailure) {
    let endpoint = profile.exchange.baseURL + profile.exchange.authenticatePath
    report.say("trying the credentials at \(endpoint)")
    let trace = Fetch.trace(profile, credentials)
    switch trace.result {
    case .success(let grant): report.say("AssetIT takes them: \(TokenSummary.text(grant))")
    case .failure(let failure):
      if let help = Explained(profile, trace).help { report.say(help + "\n" + Self.hint) }
      throw OperatorFailure(.exchange(failure), then: "Nothing was written")
    }
  }

  /// - Throws: where something else lies there, and nobody wants it replaced.
  private func present(
    _ path: String, _ secret: Secret, _ prompt: Prompt?
  ) throws -> SetupPlan.PresentSecret {
    guard let there = FileTransaction.content(path) else { return .none }
    if let value = try? EnteredSecret.value(there.content, from: path), value == secret,
      there.owner == .secret
    {
      return .same
    }
    if replacesSecret { return .other(.secret) }
    if let prompt, try prompt.confirms("\(path) holds another secret already. Replace it?") {
      return .other(.secret)
    }
    throw OperatorFailure(
      .configuration,
      "\(path) holds another secret already, so nothing was written: --replace-secret replaces it")
  }

  private func write(_ changes: [FileChange], _ site: Site) throws(OperatorFailure) {
    if mkdir(site.secretsFolder, 0o700) != 0, errno != EEXIST {
      throw OperatorFailure(SystemError("make the folder", site.secretsFolder))
    }
    try OperatorProcess.write(changes)
  }

  private func start(_ configuration: Configuration, _ site: Site, _ report: Report) throws(OperatorFailure) {
    let next = "systemctl enable --now assetit-tokend"
    guard site.isPackaged, startsService, let socket = configuration.api.socketPath else {
      return report.say(
        site.isPackaged ? "next: \(next)" : "next: assetit-tokend run --config \(site.path)")
    }
    let unit: ServiceUnit
    var refusal: String?
    do throws(SystemError) {
      guard let found = try ServiceUnit() else {
        return report.say("systemd doesn't run here; where it does: \(next)")
      }
      unit = found
      refusal = try unit.order("enable", limit: .seconds(60))
    } catch {
      throw OperatorFailure(.unavailable, "all is written, but the service can't be enabled: \(error)")
    }
    if let refusal {
      throw OperatorFailure(.unavailable, "all is written, but the service can't be enabled: \(refusal)")
    }
    report.say("starting assetit-tokend.service")
    let service = RunningService(unit: unit, profile: profile, socket: socket, patience: patience)
    let served = try service.waitUntilServed(otherThan: nil, since: service.restart())
    let left = served.expiresIn.map { " for another \($0) s" } ?? ""
    let profiles = configuration.profiles.first { $0.name == profile }
    report.say("\(profile): there is a header\(left), renewed in time from now on. Readers find it here:")
    for path in [profiles?.socket.path].compactMap({ $0 }) + (profiles?.files.map(\.path) ?? []) {
      report.say("  \(path)")
    }
    report.say("next: usermod --append --groups assetit USER lets USER read it")
  }
}
