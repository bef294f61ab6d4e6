package import TokenCore

/// Everything that can happen to the daemon. Whatever comes too late, twice or for something that is gone is an
/// input all the same: ``DaemonMachine`` knows what it still means.
package enum Input: Equatable, Sendable {
  /// The process begins, with what an earlier one left. The first input, and only once.
  case started(Inheritance)
  /// The moment in ``DaemonMachine/wakeAt`` may have come. Early and late wake-ups do no harm.
  case woke
  case signal(Signal)

  /// The answer to ``Effect/perform(_:_:)``: once for each job, also after the machine has written it off.
  case jobEnded(JobID, JobResult)

  /// The answer to ``Effect/exchange(_:_:)``: once for each, also for one that was abandoned.
  case exchangeEnded(ExchangeNumber, Result<TokenGrant, ExchangeFailure>)

  /// The manager was given this entry, or it can't be (the reason as a sentence). Answers ``Effect/store(_:_:)``.
  case stored(StoreName, failure: String?)

  /// A watched file was created, replaced, removed, written to, or its mode or owner was changed; or the folder
  /// that it is in was.
  case changed(path: String)
  /// So much happened in this folder that nobody knows what (inotify(7), IN_Q_OVERFLOW): all of it may have changed.
  case changedAll(folder: String)
  /// The folder can't be watched, so it is looked at every 10 s from now on; the reason as a phrase.
  case polled(folder: String, reason: String)
  /// The folder is watched again, or nothing in it is wanted any more.
  case notPolled(folder: String)

  /// A loop came round after ``Effect/probe(_:)``.
  case loopAnswered(Loop)
  /// One that serves has done what it was told before ``Effect/confirm(_:)`` with this number.
  case confirmed(Loop, Int)

  /// A caller over HTTP wants a new token.
  case demand(RefreshDemand)
  /// The caller has gone; nobody waits for the answer any more.
  case demandEnded(DemandID)
  /// Somebody asks for ``DaemonMetrics``; ``Effect/metrics(_:)`` answers all that have asked.
  case metricsWanted

  /// So many lines were dropped, since the log takes no more (the total since the start of this process).
  case logLinesDropped(Int)
  /// The servers have answered and closed everything (``Effect/drain(answeringQueue:)``).
  case drained
}

package enum Signal: Equatable, Sendable {
  /// SIGTERM, SIGINT
  case stop
  /// SIGHUP
  case reload
  /// SIGUSR1
  case refresh
}

/// A loop that must never block, and that the watchdog judges. The loop that decides answers by being there.
package enum Loop: Hashable, Sendable, CaseIterable {
  /// Serves the token sockets.
  case readers
  /// Makes the exchanges.
  case exchanges
  /// Serves HTTP.
  case http

  /// Those that serve sockets.
  package static let serving: Set<Loop> = [.readers, .http]
}

/// What the process finds at its start.
package struct Inheritance: Equatable, Sendable {
  /// A profile's record from the descriptor store, usable on this boot.
  package struct Record: Equatable, Sendable {
    package let entry: StoreName
    package let record: ProfileRecord

    package init(entry: StoreName, record: ProfileRecord) {
      self.entry = entry
      self.record = record
    }
  }

  /// A listening socket that an earlier process of this service made and stored.
  package struct Socket: Equatable, Sendable {
    package let entry: StoreName
    package let socket: SocketID
    /// The path it is bound to; `HOST:PORT` for the metrics.
    package let place: String

    package init(entry: StoreName, socket: SocketID, place: String) {
      self.entry = entry
      self.socket = socket
      self.place = place
    }
  }

  /// A socket that systemd made for a socket unit. It isn't ours to store, to remove or to change.
  package struct Activated: Equatable, Sendable {
    package let socket: SocketID
    package let path: String
    /// `FileDescriptorName=` (systemd.socket(5)).
    package let name: String

    package init(socket: SocketID, path: String, name: String) {
      self.socket = socket
      self.path = path
      self.name = name
    }
  }

  /// An entry that is of no use: damaged, from another boot, of an unknown kind.
  package struct Refused: Equatable, Sendable {
    package let entry: StoreName
    /// A sentence.
    package let reason: String

    package init(entry: StoreName, reason: String) {
      self.entry = entry
      self.reason = reason
    }
  }

  package var records: [Record] = []
  package var sockets: [Socket] = []
  package var activated: [Activated] = []
  package var refused: [Refused] = []
  /// When processes of this service were started, the newest last, and the entry that says so.
  package var starts: [BootTime] = []
  package var startsEntry: StoreName?
  /// Entries in whose place there are newer ones: a process that was killed had added those, and hadn't removed these.
  package var superseded: [StoreName] = []
  package var supersededSockets: [SocketID] = []
  /// Paths of header files that an earlier process may have left.
  package var headerFiles: Set<String> = []

  package init() {}

  /// The same with the newest record of each profile and the newest socket of each place; the others are superseded.
  /// systemd passes entries in any order.
  var withoutOlder: Inheritance {
    var sorted = self
    (sorted.records, sorted.superseded) = Self.newest(records, superseded, of: \.record.profile, by: \.entry)
    (sorted.sockets, sorted.superseded) = Self.newest(sockets, sorted.superseded, of: \.place, by: \.entry)
    let kept = Set(sorted.sockets.map(\.socket))
    sorted.supersededSockets += sockets.map(\.socket).filter { !kept.contains($0) }
    return sorted
  }

  private static func newest<Entry>(
    _ entries: [Entry], _ superseded: [StoreName], of subject: (Entry) -> String,
    by name: (Entry) -> StoreName
  ) -> ([Entry], [StoreName]) {
    var newest: [String: Entry] = [:]
    var superseded = superseded
    for entry in entries.sorted(by: { name($0).number < name($1).number }) {
      if let older = newest.updateValue(entry, forKey: subject(entry)) { superseded.append(name(older)) }
    }
    return (
      entries.filter { entry in newest[subject(entry)].map { name($0) == name(entry) } ?? false }, superseded
    )
  }
}

/// What the descriptor store keeps for a profile over a restart, in memory that never reaches a disk.
package struct ProfileRecord: Equatable, Sendable {
  package let profile: String
  /// Where the credentials are sent and under which names (``ExchangeSettings/endpoint``).
  package let endpoint: String
  /// `nil`: there is none, but something about the next request has to be known.
  package let held: HeldToken?
  /// What earlier requests leave to the next ones.
  package let retry: RetryState
  /// Of the credentials that brought `held`; `nil`: they aren't known any more, so they count as changed.
  package let tokenFingerprint: [UInt8]?
  /// Of the credentials that the last request carried.
  package let requestFingerprint: [UInt8]?
  /// The key that both fingerprints were made under.
  package let fingerprintKey: Secret

  package init(
    profile: String, endpoint: String, held: HeldToken?, retry: RetryState, tokenFingerprint: [UInt8]?,
    requestFingerprint: [UInt8]?, fingerprintKey: Secret
  ) {
    self.profile = profile
    self.endpoint = endpoint
    self.held = held
    self.retry = retry
    self.tokenFingerprint = tokenFingerprint
    self.requestFingerprint = requestFingerprint
    self.fingerprintKey = fingerprintKey
  }
}
