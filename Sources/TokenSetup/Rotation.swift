internal import FoundationEssentials
internal import Glibc
internal import LinuxSystem
package import TokenConfig
internal import TokenCore

/// `assetit-token rotate`: other credentials for a profile that is there, without a moment without a header.
package struct Rotation {
  package var configuration = Site.packagedPath
  package var profile = "default"
  /// `nil`: it stays.
  package var clientID: String?
  /// `-`: standard input; so is `nil` where there is no terminal.
  package var secretFile: String?
  package var isDryRun = false
  /// How long the service may take until there is a token of the new credentials.
  package var patience = Duration.seconds(60)

  package init() {}

  /// - Throws: ``OperatorFailure``: the old credentials stay unless it says so; ``Prompt/Failure``.
  package func run(_ given: ConfigurationLoader, _ report: Report) throws {
    try OperatorProcess.prepare(configuration)
    var loader = given
    loader.looksBesideConfiguration = true
    let (site, lock) = try OperatorProcess.take(configuration)
    defer { withExtendedLifetime(lock) {} }
    let unit = try serviceUnit(site)
    let loaded = try credentials(unit, site)
    var there = try There(site, loader, profile)
    let unfinished = try UnfinishedRotation.changes(
      there.site, there.text, loader, there.configuration, there.profile, loaded)
    if !unfinished.isEmpty {
      if isDryRun {
        for change in unfinished {
          report.say("would \(change.plan), which an interrupted rotation has left")
        }
        return try report.check()
      }
      try OperatorProcess.write(unfinished)
      report.say("put right what an interrupted rotation had left")
      there = try There(Site(configuration: configuration), loader, profile)
    }
    try rotate(there, try CredentialPlaces(there.site, there.profile, loaded), unit, loader, report)
  }

  private func rotate(
    _ there: There, _ places: CredentialPlaces, _ unit: ServiceUnit?, _ loader: ConfigurationLoader,
    _ report: Report
  ) throws {
    let (present, old) = (there.configuration, there.profile)
    let secret = try SecretEntry.read(file: secretFile, Prompt(), "New client secret (it isn't shown): ")
    let id = try clientID.map { Secret($0) } ?? places.currentID(loader, present)

    let trial = try there.forTrial(loader)
    report.say("trying the new credentials at \(old.exchange.baseURL)\(old.exchange.authenticatePath)")
    do throws(Fetch.Failure) {
      let grant = try Fetch.grant(trial, Credentials(clientID: id, clientSecret: secret))
      report.say("AssetIT takes them: \(TokenSummary.text(grant))")
    } catch {
      throw OperatorFailure(error, then: "The old credentials stay as they were")
    }

    let steps = try places.steps(there.text, loader, present, newID: clientID, newSecret: secret)
    let notice = places.notice(clientID != nil)
    if isDryRun {
      for change in steps.joined() { report.say("would \(change.plan)") }
      report.say("would then \(notice.plan)")
      return try report.check()
    }
    try report.check()
    let service = present.api.socketPath.map {
      RunningService(unit: unit, profile: profile, socket: $0, patience: patience)
    }
    let isRunning = service?.answers() ?? false
    let header = service?.header()
    let change = Change(steps: steps, notice: notice, header: header)
    if let service, let unit, isRunning, notice == .reload, steps.count > 1 {
      try replace(change, while: service, unit, report)
    } else {
      try write(Array(steps.joined()), report)
      try tell(service, isRunning: isRunning, change, unit, report)
    }
    try report.check()
  }

  /// What a rotation changes.
  private struct Change {
    let steps: [[FileChange]]
    let notice: CredentialPlaces.Notice
    /// The one that is served before.
    let header: String?
  }

  private func write(_ changes: [FileChange], _ report: Report) throws(OperatorFailure) {
    try OperatorProcess.write(changes)
    for change in changes { report.say(change.done) }
  }

  /// The daemon has the new pair before the files that it watches change, so that AssetIT is asked once, and never for a
  /// pair that doesn't belong together. Then everything moves to its usual place, which is the same pair to the daemon.
  private func replace(
    _ change: Change, while service: RunningService, _ unit: ServiceUnit, _ report: Report
  ) throws(OperatorFailure) {
    var failure: OperatorFailure?
    for (index, step) in change.steps.enumerated() {
      try write(step, report)
      do throws(OperatorFailure) {
        try reload(unit)
        guard index == 0 else { continue }
        report.say("reloaded assetit-tokend.service")
        try awaitHeader(service, since: nil, change, report)
      } catch {
        // What is left to do is tidying up.
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private func reload(_ unit: ServiceUnit) throws(OperatorFailure) {
    let refusal: String?
    do throws(SystemError) {
      refusal = try unit.order("reload", limit: .seconds(30))
    } catch {
      throw OperatorFailure(error)
    }
    if let refusal {
      throw OperatorFailure(.unavailable, "the new credentials are in place, but: \(refusal)")
    }
  }

  private func awaitHeader(
    _ service: RunningService, since invocation: String?, _ change: Change, _ report: Report
  ) throws(OperatorFailure) {
    do throws(OperatorFailure) {
      let served = try service.waitUntilServed(otherThan: change.header, since: invocation)
      let left = served.expiresIn.map { ", good for \($0) s" } ?? ""
      report.say("\(profile): a header of the new credentials is served\(left)")
    } catch {
      throw OperatorFailure(
        error.status, "the new credentials are in place, and AssetIT took them; but \(error.description)")
    }
  }

  /// What the rotation starts from.
  private struct There {
    let site: Site
    let text: ConfigurationText
    let configuration: Configuration
    let profile: ProfileConfiguration

    init(_ site: Site, _ loader: ConfigurationLoader, _ name: String) throws(OperatorFailure) {
      guard let text = site.text else {
        throw OperatorFailure(.configuration, "there is no \(site.path): assetit-token setup writes it")
      }
      self.site = site
      self.text = text
      configuration = try site.loaded(text, loader)
      guard let profile = configuration.profiles.first(where: { $0.name == name }) else {
        let known = configuration.profiles.map(\.name).joined(separator: ", ")
        throw OperatorFailure(.usage, "there is no profile \(name); the configuration has \(known)")
      }
      self.profile = profile
    }

    /// The profile with what goes beside its credentials: headers whose values come from files.
    func forTrial(_ loader: ConfigurationLoader) throws(OperatorFailure) -> ProfileConfiguration {
      var loader = loader
      (loader.onlyProfile, loader.checksCredentials) = (profile.name, false)
      do throws(ConfigurationProblems) {
        let whole = try loader.load(Array(text.text.utf8), as: site.path)
        return whole.profiles.first { $0.name == profile.name } ?? profile
      } catch {
        throw OperatorFailure(.configuration, "\(error)")
      }
    }
  }

  /// What the unit loads; where it can't be asked, what the package's does.
  private func credentials(_ unit: ServiceUnit?, _ site: Site) throws(OperatorFailure) -> LoadedCredentials {
    guard let unit else { return LoadedCredentials(unitText: "LoadCredential=secrets:\(site.secretsFolder)") }
    do throws(SystemError) {
      return try unit.credentials()
    } catch {
      throw OperatorFailure(error)
    }
  }

  private func serviceUnit(_ site: Site) throws(OperatorFailure) -> ServiceUnit? {
    guard site.isPackaged else { return nil }
    do throws(SystemError) {
      return try ServiceUnit()
    } catch {
      throw OperatorFailure(error)
    }
  }

  /// What is on disk is whole by now; all that can go wrong is that the service takes longer.
  private func tell(
    _ service: RunningService?, isRunning: Bool, _ change: Change, _ unit: ServiceUnit?, _ report: Report
  ) throws(OperatorFailure) {
    guard let service, isRunning || unit != nil else {
      return report.say("no daemon answers; the new credentials are used from its next start on")
    }
    var invocation: String?
    switch change.notice {
    case .none: break
    case .reload, .restart:
      guard let unit else {
        return report.say(
          "next: \(change.notice == .reload ? "reload (SIGHUP) the daemon" : "start the daemon anew")")
      }
      if change.notice == .restart || !isRunning {
        report.say(
          "restarting assetit-tokend.service, which has read its secrets at its start; readers notice nothing"
        )
        invocation = try service.restart()
      } else {
        try reload(unit)
        report.say("reloaded assetit-tokend.service")
      }
    }
    try awaitHeader(service, since: invocation, change, report)
  }
}
