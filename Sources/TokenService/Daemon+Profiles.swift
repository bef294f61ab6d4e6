import AssetITAPI
import DaemonCore
import Dispatch
import LinuxSystem
import TokenConfig
import TokenCore

extension Daemon {
  /// Asks the profile's state machine what the event means, and does it.
  func handle(_ event: TokenMachine.Event, for profile: Profile) {
    let actions = profile.machine.handle(event, now: .now(), random: &random)
    defer { keep(profile) }
    for action in actions {
      switch action {
      case .store: break
      case .authenticate: authenticate(profile)
      case .abandon: abandon(profile)
      case .publish:
        if case .granted = event { profile.tokenFingerprint = profile.fingerprint }
        publish(profile)
      case .withdraw:
        withdraw(profile)
        store.giveUp(profile.name)
      case .report(let report):
        profile.statistics.record(report)
        for notice in Notice.report(report, profile: profile.name, .current()) { log.log(notice) }
      }
    }
  }

  private func authenticate(_ profile: Profile) {
    serial += 1
    profile.exchange = (nil, serial)
    profile.stamps = credentials.watchedPaths(profile.configuration).map(FileStamp.init(path:))
    let configuration = profile.configuration
    let read: Credentials
    do throws(CredentialError) {
      read = try credentials.read(configuration)
    } catch {
      profile.fingerprint = nil
      return handle(.failed(Self.failure(error)), for: profile)
    }
    profile.fingerprint = fingerprint(of: read, configuration)
    let request = AuthenticationRequest(
      settings: configuration.exchange, credentials: read,
      assumedLifetime: configuration.refresh.assumedLifetime)
    let (name, serial) = (profile.name, serial)
    log.log(.exchangeBegan(configuration))
    let id = exchanges.start(request) { result in
      self.executor.queue.async { self.assumeIsolated { $0.receive(result, of: name, serial: serial) } }
    }
    profile.exchange = (id, serial)
  }

  private static func failure(_ error: CredentialError) -> ExchangeFailure {
    if case .unreadable(_, let cause) = error, cause.isShortage { return .shortage(reason: "\(cause)") }
    return .credentialsUnavailable(reason: "\(error)")
  }

  func fingerprint(of read: Credentials, _ configuration: ProfileConfiguration) -> CredentialFingerprint {
    CredentialFingerprint(of: read, endpoint: configuration.exchange.endpoint, key: fingerprintKey)
  }

  /// Leaves the token with systemd for the next process, whenever it or its plan is another one.
  func keep(_ profile: Profile) {
    guard let held = profile.machine.token, held != profile.stored else { return }
    do {
      try store.keep(held, of: profile, key: fingerprintKey)
      profile.stored = held
    } catch {
      log.log(.storeFailed(profile.name, "\(error)"))
    }
  }

  private func receive(
    _ result: Result<TokenGrant, ExchangeFailure>, of name: String, serial: Int
  ) {
    guard let profile = profiles[name], profile.exchange?.serial == serial else { return }
    profile.exchange = nil
    if case .requesting(let since, _) = profile.machine.phase {
      profile.statistics.observe(.now() - since)
    }
    switch result {
    case .success(let grant): handle(.granted(grant), for: profile)
    case .failure(let failure): handle(.failed(failure), for: profile)
    }
    review()
  }

  private func abandon(_ profile: Profile) {
    if let id = profile.exchange?.id { exchanges.abandon(id) }
  }

  func publish(_ profile: Profile) {
    guard let header = profile.header(.current()) else { return }
    profile.board.post(header.value, until: header.deadline)
    server.send(.posted)
    updateFiles(of: profile) { file, now, random in file.publish(header, now: now, random: &random) }
  }

  func withdraw(_ profile: Profile) {
    profile.board.withdraw()
    updateFiles(of: profile) { file, now, random in file.withdraw(now: now, random: &random) }
  }

  func updateFiles(
    of profile: Profile,
    _ update: (inout HeaderFile, BootTime, inout SystemRandomNumberGenerator) -> HeaderFile.Outcome
  ) {
    for index in profile.files.indices {
      let outcome = update(&profile.files[index], .now(), &random)
      tell(outcome, of: profile.files[index], in: profile)
    }
  }

  func tell(_ outcome: HeaderFile.Outcome, of file: HeaderFile, in profile: Profile) {
    let notice = Notice.file(file.configuration.path, outcome, profile: profile.name, .current())
    if let notice { log.log(notice) }
  }

  /// Somebody asks for a new token of every profile (SIGUSR1).
  func refreshAll() {
    for profile in profiles.values { handle(.refreshWanted(.requested), for: profile) }
    review()
  }
}
