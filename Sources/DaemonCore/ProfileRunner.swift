import TokenCore

/// One profile at work: its state machine, the request on its way, and what is known about its credentials. It knows
/// nothing of files, sockets, callers or the descriptor store: what it wants comes back as actions.
struct ProfileRunner {
  /// What is to be done for the profile, in this order.
  enum Action {
    case read(CredentialReading, Purpose)
    /// A slot is wanted.
    case queue(service: String, deadline: BootTime?)
    /// No slot is wanted any more.
    case leaveQueue
    /// Say ``recordKept(_:)`` when the profile's record is kept, or can't be.
    case keepRecord
    case send(ExchangeOrder)
    case abandon
    case publish(HeldToken)
    case withdraw
    case report(TokenMachine.Report)
    case credentialsChanged
    case endedExchange
  }

  /// How far the request in flight has come.
  private enum Request {
    case none
    case reading
    case queued(Credentials)
    /// The slot is there; what the next process must know is being kept.
    case keeping(Credentials)
    case sent
  }

  /// Looks whether the credentials are other ones.
  private enum Look {
    case none
    case running
    /// Something has changed since it began.
    case again
  }

  private(set) var configuration: ProfileConfiguration
  private var machine: TokenMachine
  private var request = Request.none
  private var look = Look.none
  /// Tells the answers of an abandoned reading from those of the current one.
  private var serial = 0
  private let fingerprintKey: Secret
  /// Of the credentials that the last request carried, or that were seen since; `nil`: they couldn't be read, so
  /// that any that can are other ones.
  private var seenFingerprint: [UInt8]?
  /// Of the credentials that brought the token; `nil`: they aren't known.
  private var tokenFingerprint: [UInt8]?
  private var sentAt: BootTime?
  private(set) var statistics = ExchangeStatistics()
  /// The token with its prefix, made once.
  private var headerValue: (token: Secret, prefix: String, value: Secret)?

  init(_ configuration: ProfileConfiguration, isReady: Bool, fingerprintKey: Secret) {
    self.configuration = configuration
    self.fingerprintKey = fingerprintKey
    machine = TokenMachine(policy: configuration.refresh, isReady: isReady)
  }

  // MARK: What others may know

  var name: String { configuration.name }
  var token: HeldToken? { machine.token }
  var wakeAt: BootTime? { machine.wakeAt }
  var isRequesting: Bool { machine.isRequesting }
  var nextAttempt: BootTime? { machine.nextAttempt }
  var lastFailure: TokenMachine.Failure? { machine.lastFailure }
  var newestLifetime: Duration? { machine.newestLifetime }
  var becomesValidAt: BootTime? { machine.becomesValidAt }
  var isInNeed: Bool { machine.lastFailure != nil || machine.isRequesting }

  /// A request is being prepared: what a restart is to find is kept once more before it is sent.
  var isPreparing: Bool {
    switch request {
    case .reading, .queued: true
    case .none, .keeping, .sent: false
    }
  }

  /// Whether the token was got with the credentials that were seen last.
  var hasCurrentCredentials: Bool {
    tokenFingerprint == nil || seenFingerprint == nil || tokenFingerprint == seenFingerprint
  }

  /// The bytes of the header's value; `nil`: there is no token.
  mutating func header() -> Secret? {
    guard let token = machine.token?.token else { return nil }
    let prefix = configuration.exchange.headerPrefix
    if let known = headerValue, known.token === token, known.prefix == prefix { return known.value }
    let value = token.prefixed(with: prefix)
    headerValue = (token, prefix, value)
    return value
  }

  /// The value that ``header()`` made, if it is still the token's.
  var knownHeader: Secret? {
    headerValue.flatMap {
      $0.token === machine.token?.token && $0.prefix == configuration.exchange.headerPrefix ? $0.value : nil
    }
  }

  /// What a restart is to find.
  var record: ProfileRecord {
    ProfileRecord(
      profile: name, endpoint: configuration.exchange.endpoint, held: machine.token,
      retry: machine.storedState,
      tokenFingerprint: machine.token == nil ? nil : tokenFingerprint, requestFingerprint: seenFingerprint,
      fingerprintKey: fingerprintKey)
  }

  // MARK: What happens

  /// Begins, with what an earlier process left.
  mutating func start(
    _ record: ProfileRecord?, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    guard let record else { return handle(.started(held: nil), folders, &turn) }
    tokenFingerprint = record.tokenFingerprint
    seenFingerprint = record.requestFingerprint ?? record.tokenFingerprint
    let isElsewhere = !record.endpoint.isEmpty && record.endpoint != configuration.exchange.endpoint
    let begun = handle(
      .started(held: record.held, retry: record.retry, changed: isElsewhere ? .endpoint : nil), folders, &turn
    )
    // The request that begins reads them anyway.
    return machine.isRequesting ? begun : begun + lookAtCredentials(folders)
  }

  mutating func handle(
    _ event: TokenMachine.Event, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    var done: [Action] = []
    for action in machine.handle(event, now: turn.now, random: &turn.random) {
      switch action {
      // The record is compared after each event.
      case .store: break
      case .authenticate: done += beginRequest(folders)
      case .abandon: done += abandon(folders, &turn)
      case .publish(let held):
        if case .granted = event { tokenFingerprint = seenFingerprint }
        done.append(.publish(held))
      case .withdraw: done.append(.withdraw)
      case .report(let report):
        statistics.record(report)
        done.append(.report(report))
      }
    }
    return done
  }

  private mutating func beginRequest(_ folders: CredentialFolders) -> [Action] {
    serial += 1
    request = .reading
    return [.read(folders.reading(of: configuration, key: fingerprintKey), purpose)]
  }

  private var purpose: Purpose { .credentials(profile: name, serial: serial) }

  private mutating func abandon(_ folders: CredentialFolders, _ turn: inout Turn) -> [Action] {
    switch request {
    case .none: return []
    case .sent: return [.abandon]
    case .reading, .queued, .keeping:
      // Nothing has been sent, so nothing will be answered.
      serial += 1
      request = .none
      return [.leaveQueue] + handle(.failed(.abandoned), folders, &turn)
    }
  }

  /// Credentials were read for the request with this serial, or can't be.
  mutating func credentialsRead(
    _ result: JobResult, serial: Int, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    guard case .reading = request, serial == self.serial else { return [] }
    switch result {
    case .part(let clientID):
      return [.read(folders.reading(of: configuration, clientID: clientID, key: fingerprintKey), purpose)]
    case .credentials(let read):
      seenFingerprint = read.fingerprint
      request = .queued(read.credentials)
      return [.queue(service: configuration.exchange.service, deadline: machine.token?.deadline)]
    case .credentialsRefused(let refusal) where refusal.isShortage:
      return fail(.shortage(reason: refusal.reason), folders, &turn)
    case .credentialsRefused(let refusal):
      return fail(.credentialsUnavailable(reason: refusal.reason), folders, &turn)
    case .failed(let failure):
      return fail(.shortage(reason: failure.reason), folders, &turn)
    default:
      return fail(.shortage(reason: "the credentials could not be read"), folders, &turn)
    }
  }

  private mutating func fail(
    _ failure: ExchangeFailure, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    request = .none
    seenFingerprint = nil
    return handle(.failed(failure), folders, &turn) + [.endedExchange]
  }

  /// It is the profile's turn to send its request.
  mutating func slotGranted(_ folders: CredentialFolders, _ turn: inout Turn) -> [Action] {
    guard case .queued(let credentials) = request else { return [.leaveQueue] }
    request = .keeping(credentials)
    return handle(.requestSent, folders, &turn) + [.keepRecord]
  }

  /// The next process will know that a request is under way; or it can't be told.
  mutating func recordKept(_ turn: inout Turn) -> [Action] {
    guard case .keeping(let credentials) = request else { return [] }
    request = .sent
    sentAt = turn.now
    return [
      .send(
        ExchangeOrder(
          profile: name, settings: configuration.exchange, credentials: credentials,
          assumedLifetime: configuration.refresh.assumedLifetime))
    ]
  }

  mutating func exchangeEnded(
    _ result: Result<TokenGrant, ExchangeFailure>, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    guard case .sent = request else { return [] }
    request = .none
    if let sentAt { statistics.observe(turn.now - sentAt) }
    let event: TokenMachine.Event =
      switch result {
      case .success(let grant): .granted(grant)
      case .failure(let failure): .failed(failure)
      }
    return handle(event, folders, &turn) + [.endedExchange]
  }

  // MARK: Credentials that change

  /// A file that holds them may be another one.
  mutating func lookAtCredentials(_ folders: CredentialFolders) -> [Action] {
    switch look {
    case .none:
      look = .running
      return [.read(folders.reading(of: configuration, key: fingerprintKey), .look(profile: name))]
    case .running, .again:
      look = .again
      return []
    }
  }

  mutating func looked(
    _ result: JobResult, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    if case .part(let clientID) = result {
      let reading = folders.reading(of: configuration, clientID: clientID, key: fingerprintKey)
      return [.read(reading, .look(profile: name))]
    }
    let isStale = if case .again = look { true } else { false }
    look = .none
    if isStale { return lookAtCredentials(folders) }
    // What can't be used now may be half written; the next change will tell.
    guard case .credentials(let read) = result else { return [] }
    // A request that is still being prepared reads them itself.
    if case .reading = request { return [] }
    guard read.fingerprint != seenFingerprint else { return [] }
    seenFingerprint = read.fingerprint
    return [.credentialsChanged] + handle(.credentialsChanged(.credentials), folders, &turn)
  }

  // MARK: Reload

  /// Takes another configuration of the same profile.
  mutating func apply(
    _ change: ReloadPlan.Change, _ folders: CredentialFolders, _ turn: inout Turn
  ) -> [Action] {
    let wasInNeed = isInNeed
    configuration = change.new
    var actions: [Action] = []
    if change.policy { actions += handle(.policyChanged(change.new.refresh), folders, &turn) }
    if change.endpoint {
      actions += handle(.credentialsChanged(.endpoint), folders, &turn)
    } else if wasInNeed, change.credentials || change.exchange {
      actions += handle(.credentialsChanged(.credentials), folders, &turn)
    } else if change.credentials {
      // They lie elsewhere, and may be the same.
      actions += lookAtCredentials(folders)
    }
    return actions
  }

  mutating func stop(_ folders: CredentialFolders, _ turn: inout Turn) -> [Action] {
    let actions = handle(.stopped, folders, &turn)
    request = .none
    return actions
  }
}

extension ExchangeSettings {
  /// Scheme, host and port: what counts as one service.
  var service: String {
    let parts = baseURL.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return baseURL }
    return parts[0] + "//" + parts[2].prefix { $0 != "/" }
  }
}
