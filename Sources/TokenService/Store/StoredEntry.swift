import DaemonCore
import LinuxSystem
import TokenCore

/// An entry of the descriptor store that is no socket, in memory that never reaches a disk.
enum StoredEntry: Equatable {
  case record(ProfileRecord)
  /// When processes of this service were started.
  case starts([BootTime])

  /// Numbers of fields; one that is given up isn't used again.
  private enum Tag {
    static let kind: UInt8 = 1
    static let bootID: UInt8 = 2
    static let profile: UInt8 = 3
    static let endpoint: UInt8 = 4
    static let token: UInt8 = 5
    /// Request time, lifetime, deadline, next refresh: nanoseconds.
    static let times: UInt8 = 6
    static let issuedAt: UInt8 = 7
    static let expiresAt: UInt8 = 8
    static let tokenFingerprint: UInt8 = 9
    static let requestFingerprint: UInt8 = 10
    static let fingerprintKey: UInt8 = 11
    static let backOff: UInt8 = 12
    static let demands: UInt8 = 13
    static let changes: UInt8 = 14
    static let throttledUntil: UInt8 = 15
    static let refusals: UInt8 = 16
    /// Class, moment, count, and Retry-After where there was one.
    static let failure: UInt8 = 17
    static let failureReason: UInt8 = 18
    static let notBefore: UInt8 = 19
    static let starts: UInt8 = 20
  }

  private static let mostStarts = 16

  /// The bytes of an entry; wipe them.
  func encoded(bootID: String) -> [UInt8] {
    switch self {
    case .starts(let starts):
      var writer = TaggedFields.Writer(capacity: 1_024)
      writer.add(Tag.kind, "starts".utf8)
      writer.add(Tag.bootID, bootID.utf8)
      writer.add(Tag.starts, starts.suffix(Self.mostStarts).map(\.nanoseconds))
      return writer.bytes
    case .record(let record):
      return Self.encoded(record, bootID)
    }
  }

  private static func encoded(_ record: ProfileRecord, _ bootID: String) -> [UInt8] {
    let size = record.held.map(\.token.count) ?? 0
    var writer = TaggedFields.Writer(capacity: size + record.endpoint.utf8.count + 4_096)
    writer.add(Tag.kind, "profile".utf8)
    writer.add(Tag.bootID, bootID.utf8)
    writer.add(Tag.profile, record.profile.utf8)
    writer.add(Tag.endpoint, record.endpoint.utf8)
    if let held = record.held {
      let times = [held.requestedAt, held.deadline, held.refreshAt].map(\.nanoseconds)
      writer.add(Tag.token, held.token)
      writer.add(Tag.times, [times[0], held.grant.lifetime.nanoseconds, times[1], times[2]])
      writer.add(Tag.issuedAt, held.grant.issuedAt)
      writer.add(Tag.expiresAt, held.grant.expiresAt)
    }
    if let print = record.tokenFingerprint { writer.add(Tag.tokenFingerprint, print) }
    if let print = record.requestFingerprint { writer.add(Tag.requestFingerprint, print) }
    writer.add(Tag.fingerprintKey, record.fingerprintKey)
    add(record.retry, &writer)
    return writer.bytes
  }

  private static func add(_ retry: RetryState, _ writer: inout TaggedFields.Writer) {
    writer.add(Tag.backOff, Int64(retry.backOff.steps))
    for (tag, spacing) in [(Tag.demands, retry.demands), (Tag.changes, retry.changes)] {
      writer.add(
        tag,
        [
          Int64(spacing.backOff.steps), spacing.opensAt?.nanoseconds ?? .min,
          spacing.lastAt?.nanoseconds ?? .min,
        ])
    }
    writer.add(Tag.throttledUntil, retry.throttledUntil?.nanoseconds)
    writer.add(Tag.notBefore, retry.notBefore?.nanoseconds)
    if let refusals = retry.refusals {
      writer.add(
        Tag.refusals, [refusals.interval.nanoseconds, Int64(refusals.tries), refusals.nextAt.nanoseconds])
    }
    if let failure = retry.failure {
      let (number, retryAfter) = failure.failureClass.stored
      writer.add(
        Tag.failure, [number, failure.at.nanoseconds, Int64(failure.count)] + (retryAfter.map { [$0] } ?? []))
      writer.add(Tag.failureReason, failure.reason.utf8)
    }
  }

  /// - Returns: `nil` where the bytes are no entry, are from another boot, or contradict themselves.
  static func decoded(_ bytes: [UInt8], bootID: String, now: BootTime) -> StoredEntry? {
    guard let fields = TaggedFields(bytes), !bootID.isEmpty, fields.text(Tag.bootID) == bootID else {
      return nil
    }
    switch fields.text(Tag.kind) {
    case "starts":
      guard let starts = fields.numbers(Tag.starts), starts.count <= mostStarts else { return nil }
      return .starts(starts.map(BootTime.init(nanoseconds:)))
    case "profile":
      return record(fields, now).map { .record($0) }
    default: return nil
    }
  }

  private static func record(_ fields: TaggedFields, _ now: BootTime) -> ProfileRecord? {
    guard let profile = fields.text(Tag.profile), let endpoint = fields.text(Tag.endpoint),
      let key = fields.secret(Tag.fingerprintKey), !key.isEmpty
    else { return nil }
    return ProfileRecord(
      profile: profile, endpoint: endpoint, held: held(fields, now), retry: retry(fields),
      tokenFingerprint: fields.bytes(Tag.tokenFingerprint),
      requestFingerprint: fields.bytes(Tag.requestFingerprint), fingerprintKey: key)
  }

  /// The token, if it may still be given to readers.
  private static func held(_ fields: TaggedFields, _ now: BootTime) -> HeldToken? {
    guard let token = fields.secret(Tag.token), let times = fields.numbers(Tag.times), times.count == 4 else {
      return nil
    }
    return HeldToken(
      storedToken: token, requestedAt: times[0], lifetime: times[1], deadline: times[2], refreshAt: times[3],
      issuedAt: fields.number(Tag.issuedAt), expiresAt: fields.number(Tag.expiresAt), now: now)
  }

  private static func retry(_ fields: TaggedFields) -> RetryState {
    var retry = RetryState()
    retry.backOff = BackOff(steps: Int(clamping: fields.number(Tag.backOff) ?? 0))
    retry.demands = spacing(fields, Tag.demands)
    retry.changes = spacing(fields, Tag.changes)
    retry.throttledUntil = fields.number(Tag.throttledUntil).map(BootTime.init(nanoseconds:))
    retry.notBefore = fields.number(Tag.notBefore).map(BootTime.init(nanoseconds:))
    if let numbers = fields.numbers(Tag.refusals), numbers.count == 3 {
      retry.refusals = RetryState.Refusals(
        interval: .nanoseconds(numbers[0]), tries: Int(clamping: numbers[1]),
        nextAt: BootTime(nanoseconds: numbers[2]))
    }
    if let numbers = fields.numbers(Tag.failure), numbers.count >= 3,
      let failureClass = FailureClass(stored: numbers[0], retryAfter: numbers.dropFirst(3).first)
    {
      let reason = fields.text(Tag.failureReason) ?? ""
      retry.failure = RetryState.PastFailure(
        failureClass: failureClass, at: BootTime(nanoseconds: numbers[1]), count: Int(clamping: numbers[2]),
        reason: String(reason.prefix(RetryState.longestReason)))
    }
    return retry
  }

  private static func spacing(_ fields: TaggedFields, _ tag: UInt8) -> RequestSpacing {
    guard let numbers = fields.numbers(tag), numbers.count == 3 else { return RequestSpacing() }
    let time = { (nanoseconds: Int64) in nanoseconds == .min ? nil : BootTime(nanoseconds: nanoseconds) }
    return RequestSpacing(
      backOff: BackOff(steps: Int(clamping: numbers[0])), opensAt: time(numbers[1]), lastAt: time(numbers[2]))
  }
}

extension HeldToken {
  /// A token that was stored, if it may still be given to readers.
  ///
  /// - Returns: `nil` where it has expired, or what is noted of it contradicts itself.
  init?(
    storedToken token: Secret, requestedAt: Int64, lifetime: Int64, deadline: Int64, refreshAt: Int64,
    issuedAt: Int64?, expiresAt: Int64?, now: BootTime
  ) {
    let isToken =
      !token.isEmpty
      && token.withBytes { bytes in
        bytes.indices.allSatisfy { (0x21...0x7E).contains(bytes[$0]) }
      }
    let (begin, end) = (BootTime(nanoseconds: requestedAt), BootTime(nanoseconds: deadline))
    guard isToken, lifetime > 0, begin <= now, begin + .nanoseconds(lifetime) == end, now < end else {
      return nil
    }
    let grant = TokenGrant(
      token: token, lifetime: .nanoseconds(lifetime), issuedAt: issuedAt, expiresAt: expiresAt)
    self.init(grant: grant, requestedAt: begin, refreshAt: min(BootTime(nanoseconds: refreshAt), end))
  }
}

extension FailureClass {
  /// Its number in a stored record, and nanoseconds of Retry-After.
  fileprivate var stored: (Int64, Int64?) {
    switch self {
    case .transient: (1, nil)
    case .throttled(let retryAfter): (2, retryAfter?.nanoseconds)
    case .rejected: (3, nil)
    case .misconfigured: (4, nil)
    }
  }

  fileprivate init?(stored: Int64, retryAfter: Int64?) {
    switch stored {
    case 1: self = .transient
    case 2: self = .throttled(retryAfter: retryAfter.map { .nanoseconds(max(0, $0)) })
    case 3: self = .rejected
    case 4: self = .misconfigured
    default: return nil
    }
  }
}

extension StoredEntry {
  /// In memory that can't be changed any more.
  ///
  /// - Throws: where the kernel has no memory or descriptor left.
  func sealed(bootID: String) throws(SystemError) -> OwnedFD {
    var bytes = encoded(bootID: bootID)
    defer { bytes.wipe() }
    return try SealedMemory.make(name: "assetit-token", holding: bytes)
  }
}
