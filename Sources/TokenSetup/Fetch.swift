package import AssetITAPI
internal import Dispatch
internal import LinuxSystem
internal import Synchronization
package import TokenConfig
package import TokenCore

/// Authenticates once, outside of the daemon, to try a profile.
package enum Fetch {
  /// Why there is no header.
  package enum Failure: Error, Equatable, Sendable {
    case configuration(ConfigurationProblems)
    /// `known`: the names that the configuration has.
    case noSuchProfile(String, known: [String])
    case exchange(ExchangeFailure)
    case system(reason: String)
  }

  /// - Returns: the header's value, without a newline.
  /// - Throws: ``Failure``, whose description names the remedy.
  package static func header(
    of profile: String, configuration path: String, environment: [String: String]
  ) throws(Failure) -> Secret {
    let (chosen, credentials) = try prepare(profile, path, environment)
    let grant = try grant(chosen, credentials)
    return grant.token.prefixed(with: chosen.exchange.headerPrefix)
  }

  /// The same exchange, told in full.
  ///
  /// - Throws: ``Failure`` where it can't even be tried.
  package static func trace(
    of profile: String, configuration path: String, environment: [String: String]
  ) throws(Failure) -> (profile: ProfileConfiguration, trace: ExchangeTrace) {
    let (chosen, credentials) = try prepare(profile, path, environment)
    return (chosen, trace(chosen, credentials))
  }

  /// One exchange, told in full.
  package static func trace(_ profile: ProfileConfiguration, _ credentials: Credentials) -> ExchangeTrace {
    let request = AuthenticationRequest(
      settings: profile.exchange, credentials: credentials, assumedLifetime: profile.refresh.assumedLifetime)
    return ExchangeTrace.make(request) { ClockReading.current().timeOfDay }
  }

  private static func prepare(
    _ profile: String, _ path: String, _ environment: [String: String]
  ) throws(Failure) -> (ProfileConfiguration, Credentials) {
    SignalQueue.ignorePipe()
    do throws(SystemError) {
      try ProcessLimits.forbidDumps()
    } catch {
      throw .system(reason: "\(error)")
    }
    var loader = ConfigurationLoader.fromEnvironment(environment)
    loader.looksBesideConfiguration = true
    // It works before anything else does: no folder of readers is needed, nor what other profiles lack.
    loader.judgesOutlets = false
    loader.onlyProfile = profile
    let configuration: Configuration
    do throws(ConfigurationProblems) {
      configuration = try loader.load(path: path)
    } catch {
      throw .configuration(error)
    }
    guard let chosen = configuration.profiles.first(where: { $0.name == profile }) else {
      throw .noSuchProfile(profile, known: configuration.profiles.map(\.name))
    }
    let credentials: Credentials
    do throws(CredentialError) {
      credentials = try loader.credentialReader(for: configuration).read(chosen)
    } catch {
      throw .exchange(.credentialsUnavailable(reason: "\(error)"))
    }
    return (chosen, credentials)
  }

  /// One exchange.
  ///
  /// - Throws: ``Failure``.
  package static func grant(
    _ profile: ProfileConfiguration, _ credentials: Credentials
  ) throws(Failure) -> TokenGrant {
    try exchange(
      AuthenticationRequest(
        settings: profile.exchange, credentials: credentials, assumedLifetime: profile.refresh.assumedLifetime
      ))
  }

  private static func exchange(_ request: AuthenticationRequest) throws(Failure) -> TokenGrant {
    let client: ExchangeClient
    do throws(ExchangeClientError) {
      client = try ExchangeClient()
    } catch {
      throw .system(reason: "\(error)")
    }
    let answered = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<TokenGrant, ExchangeFailure>>(.failure(.abandoned))
    client.start(request) { result in
      answer.withLock { $0 = result }
      answered.signal()
    }
    answered.wait()
    client.shutDown()
    switch answer.withLock({ $0 }) {
    case .success(let grant): return grant
    case .failure(let failure): throw .exchange(failure)
    }
  }
}

extension Fetch.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .configuration(let problems): problems.description
    case .noSuchProfile(let name, let known):
      "there is no profile \(name); the configuration has \(known.joined(separator: ", "))"
    case .exchange(let failure): failure.description
    case .system(let reason): reason
    }
  }
}

extension Fetch.Failure {
  /// The exit code of sysexits.h that says the same.
  package var status: ExitStatus {
    switch self {
    case .configuration: .configuration
    case .noSuchProfile: .usage
    case .system: .unavailable
    case .exchange(let failure):
      switch failure.failureClass {
      case .transient, .throttled: .unavailable
      case .rejected: .noPermission
      case .misconfigured: .configuration
      }
    }
  }
}
