import TokenCore

/// What will happen in a life, apart from what the daemon makes of it: drawn from a seed before it begins, so that it can
/// be shortened.
package struct Plan: Sendable {
  /// A service's behaviour.
  package enum Answering: Equatable, Sendable {
    case well
    /// No answer; the exchange times out.
    case silent
    case unreachable
    case status(Int)
    case throttles(retryAfter: Int)
    case gatewayPage
    case nonsense
    /// The token of before, until its end.
    case repeats
  }

  package enum FolderState: Equatable, Sendable {
    case well
    /// Nothing can be written; removing works.
    case full
    /// Nothing can be written or removed.
    case readOnly
    /// Nothing returns.
    case hanging
  }

  package enum Meddling: Equatable, Sendable {
    case deletes, overwrites, changesMode
  }

  package enum End: Equatable, Sendable {
    case kill
    /// `systemctl restart`; `isTold`: the bus answers.
    case restart(isTold: Bool)
    /// `systemctl stop`, and a start after that many seconds.
    case stop(pause: Int)
  }

  package enum Happening: Equatable, Sendable {
    case service(Int, Answering)
    /// Answers of a service are lost, come late or come twice, from now on or no longer.
    case losesAnswers(Int, Bool)
    case repeatsAnswers(Int, Bool)
    case slow(Int, Bool)
    /// The secret of a profile is another one at the service; `isWritten`: the file has it too.
    case rotates(Int, isWritten: Bool)
    /// The file has what the service wants.
    case writesSecret(Int)
    /// The file has something else, or nothing.
    case spoilsSecret(Int, isReadable: Bool)
    case folder(Int, FolderState)
    case meddles(outlet: Int, Meddling)
    case setsClock(seconds: Int)
    case suspends(seconds: Int)
    case reload(variant: Int, isValid: Bool)
    case signalRefresh
    case demands(profile: Int, count: Int, kind: Int, leave: Bool)
    case ends(End)
    case storeHangs(Bool)
    case busHangs(Bool)
    case namesHang(Bool)
    case losesLogLines
    case overflow(folder: Int)
    case loopHangs(Bool)
  }

  package struct Item: Sendable {
    package let at: Duration
    package let happening: Happening
  }

  package let seed: UInt64
  package let profiles: Int
  package let lifetime: Duration
  package let length: Duration
  package let hasWatchdog: Bool
  /// 252 passes entries of the store in another order than they were given in.
  package let systemd: Int
  package var items: [Item]
}

extension Plan {
  package init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    self.seed = seed
    // A few lives have many profiles, so that slots and threads are scarce.
    profiles =
      random.chance(0.02) ? Int.random(in: 20...90, using: &random) : Int.random(in: 1...4, using: &random)
    lifetime = .seconds(random.logUniform(60, 100_000))
    systemd = random.pick([252, 257])
    hasWatchdog = random.chance(0.03)
    let lives = profiles > 4 ? 3.0 : hasWatchdog ? 4.0 : random.logUniform(4, 60)
    length = .seconds(min(max(3_600, lives * lifetime.inSeconds), hasWatchdog ? 20_000 : 21 * 86_400))
    items = []
    // Some lives are calm, some are hell.
    let count = Int(random.logUniform(1, 60))
    var times = (0..<count).map { _ in Double.random(in: 0...length.inSeconds, using: &random) }
    // What happens at once or one right after the other is what nobody thinks of.
    for index in times.indices where index > 0 && random.chance(0.4) {
      times[index] = min(times[index - 1] + random.logUniform(0.001, 90), length.inSeconds)
    }
    for time in times.sorted() {
      let at = Duration.seconds(time)
      let happening = Self.draw(profiles, lifetime, &random)
      items.append(Item(at: at, happening: happening))
      if let end = Self.end(of: happening, lifetime, &random) {
        items.append(Item(at: at + end.after, happening: end.happening))
      }
    }
    items.sort { $0.at < $1.at }
  }

  /// What lasts for a while only: a disturbance's end, sometimes far beyond a token's life.
  private static func end(
    of happening: Happening, _ lifetime: Duration, _ random: inout SeededRandom
  ) -> (after: Duration, happening: Happening)? {
    let after = Duration.seconds(random.logUniform(0.5, max(10, lifetime.inSeconds * 2)))
    switch happening {
    case .service(let service, let answering) where answering != .well:
      return (after, .service(service, .well))
    case .losesAnswers(let service, true): return (after, .losesAnswers(service, false))
    case .repeatsAnswers(let service, true): return (after, .repeatsAnswers(service, false))
    case .slow(let service, true): return (after, .slow(service, false))
    case .rotates(let profile, isWritten: false), .spoilsSecret(let profile, _):
      return (after, .writesSecret(profile))
    case .folder(let folder, let state) where state != .well: return (after, .folder(folder, .well))
    case .storeHangs(true): return (after, .storeHangs(false))
    case .busHangs(true): return (after, .busHangs(false))
    case .namesHang(true): return (after, .namesHang(false))
    case .loopHangs(true): return (after, .loopHangs(false))
    default: return nil
    }
  }

  private static func draw(
    _ profiles: Int, _ lifetime: Duration, _ random: inout SeededRandom
  ) -> Happening {
    let profile = Int.random(in: 0..<profiles, using: &random)
    let service = Int.random(in: 0..<World.services, using: &random)
    let folder = Int.random(in: 0..<(World.sharedFolders + profiles), using: &random)
    switch Int.random(in: 0..<32, using: &random) {
    case 0...5:
      let answers: [Answering] = [
        .silent, .unreachable, .status(500), .status(401), .status(404),
        .throttles(retryAfter: Int.random(in: 0...3600, using: &random)),
        .gatewayPage, .nonsense, .repeats,
      ]
      return .service(service, random.pick(answers))
    case 6: return .losesAnswers(service, true)
    case 7: return .repeatsAnswers(service, true)
    case 8: return .slow(service, true)
    case 9, 10: return .rotates(profile, isWritten: random.chance(0.5))
    case 11: return .spoilsSecret(profile, isReadable: random.chance(0.5))
    case 12...15: return .folder(folder, random.pick([.full, .readOnly, .hanging, .hanging]))
    case 16, 17:
      return .meddles(
        outlet: Int.random(in: 0..<64, using: &random), random.pick([.deletes, .overwrites, .changesMode]))
    case 18: return .setsClock(seconds: Int.random(in: -400_000...400_000, using: &random))
    case 19: return .suspends(seconds: Int(random.logUniform(1, max(2, lifetime.inSeconds * 2))))
    case 20, 21: return .reload(variant: Int.random(in: 0..<16, using: &random), isValid: random.chance(0.85))
    case 22: return .signalRefresh
    case 23, 24:
      return .demands(
        profile: profile, count: Int(random.logUniform(1, 200)), kind: Int.random(in: 0..<3, using: &random),
        leave: random.chance(0.3))
    case 25, 26: return .ends(.kill)
    case 27: return .ends(.restart(isTold: random.chance(0.9)))
    case 28: return .ends(.stop(pause: Int.random(in: 0...600, using: &random)))
    case 29: return random.pick([.storeHangs(true), .busHangs(true), .namesHang(true)])
    case 30: return random.pick([.losesLogLines, .overflow(folder: folder)])
    default: return .loopHangs(true)
    }
  }
}
