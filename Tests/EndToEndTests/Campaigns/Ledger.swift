import FoundationEssentials
import Synchronization

/// Counts what readers of a campaign got, and keeps what they should not have got.
final class Ledger: Sendable {
  struct Totals {
    var reads = 0
    /// Of these, those that brought a header.
    var headers = 0
    var byPath: [String: Int] = [:]
    var violations: [String] = []
  }

  private static let mostViolations = 50

  private let totals = Mutex(Totals())
  /// Seconds on CLOCK_MONOTONIC: until then a header file may hold what has ended, since no daemon looks after it.
  private let filesExcusedUntil = Mutex(0.0)
  private let secret: [UInt8]

  init(secret: String) {
    self.secret = Array(secret.utf8)
  }

  var snapshot: Totals { totals.withLock { $0 } }

  /// From now on no daemon looks after the files, until ``filesAreKept(after:)``.
  func filesAreLeftAlone() {
    filesExcusedUntil.withLock { $0 = .infinity }
  }

  /// The daemon runs again; it has a second (and the machine's own delay) to put the files right.
  func filesAreKept(after delay: Double) {
    filesExcusedUntil.withLock { $0 = monotonic() + 1 + delay }
  }

  func note(violation: String) {
    totals.withLock { totals in
      guard totals.violations.count < Self.mostViolations else { return }
      totals.violations.append(violation)
    }
  }

  /// Judges what a read brought. `began`: the time of day when it began, which is the moment that counts.
  func judge(
    _ bytes: [UInt8], on path: String, of profile: ChaosProfile, began: Double, isFile: Bool = false
  ) {
    totals.withLock {
      $0.reads += 1
      $0.byPath[path, default: 0] += 1
      if !bytes.isEmpty { $0.headers += 1 }
    }
    guard !bytes.isEmpty else { return }
    if bytes.firstRange(of: secret) != nil { note(violation: "\(path): the secret itself") }
    guard let header = profile.known(bytes) else {
      return note(violation: "\(path) of \(profile.name): no whole header, \(bytes.count) bytes")
    }
    if header.subject != profile.clientID {
      note(violation: "\(path) of \(profile.name): the header of \(header.subject)")
    }
    if header.endsAt <= began, !isFile || monotonic() > filesExcusedUntil.withLock({ $0 }) {
      note(violation: "\(path) of \(profile.name): expired \(began - header.endsAt) s before the read began")
    }
  }
}

/// A header taken apart: whose it is, and until when AssetIT takes it.
struct KnownHeader: Sendable {
  private struct Claims: Decodable {
    let sub: String
    let exp: Double
    /// What the simulator's clock was ahead of ours when it wrote the others.
    let skew: Double?
  }

  let subject: String
  /// Seconds since 1970, on our clock.
  let endsAt: Double

  /// `nil` where the bytes aren't exactly `JWT ` and a token of three parts.
  init?(_ bytes: [UInt8]) {
    guard let header = try? Header(bytes), let claims = header.decodedClaims(Claims.self) else { return nil }
    subject = claims.sub
    endsAt = claims.exp - (claims.skew ?? 0)
  }
}
