import TokenCore

/// What the descriptor store keeps for the next process: a record for each profile, and the sockets. A new entry is added
/// before the old one is removed, so that a process that is killed in between leaves one of them.
package struct StoreKeeper {
  /// systemd's work grows with the square of the number of entries, so no more profiles than these are kept.
  package static let mostProfiles = 1_000
  /// After that a request goes out although the manager hasn't answered.
  static let patience = Duration.seconds(1)
  /// After that it is said.
  static let stuckAfter = Duration.seconds(5)

  private struct Record {
    /// In the store.
    var kept: StoreName?
    /// Given to the manager; no answer yet.
    var pending: (name: StoreName, since: BootTime)?
    var pendingRecord: ProfileRecord?
    /// What the store has, or will have once the manager answers.
    var last: ProfileRecord?
    /// What it should have after that.
    var next: ProfileRecord?
  }

  private enum Owner {
    case record(String)
    case socket
  }

  private var records: [String: Record] = [:]
  private var sockets: [String: StoreName] = [:]
  private var owners: [StoreName: Owner] = [:]
  private var lastName = 0
  private(set) var isStuck = false
  private var hasTold = false

  /// An earlier process left this entry.
  mutating func inherit(record: ProfileRecord, _ name: StoreName) {
    note(name)
    // One of 0.1.0 is stored anew under a short name.
    records[record.profile] = Record(kept: name, last: name.isShort ? record : nil)
  }

  mutating func inherit(socketAt place: String, _ name: StoreName) {
    note(name)
    sockets[place] = name
  }

  /// Names are never used twice, whichever process gave them.
  mutating func note(_ name: StoreName) {
    guard name.isShort, let number = Int(name.text.dropFirst(), radix: 36) else { return }
    lastName = max(lastName, number)
  }

  private mutating func newName() -> StoreName {
    // 36^5 names last for 60 million refreshes; then they begin anew, long after the first are gone.
    lastName = lastName >= 60_466_175 ? 1 : lastName + 1
    return StoreName("_" + String(lastName, radix: 36))
  }

  // MARK: Records

  /// Keeps the record, unless it is kept already. The newest one counts where they come faster than the manager takes
  /// them.
  mutating func keep(_ record: ProfileRecord, _ turn: inout Turn) {
    var entry = records[record.profile] ?? Record()
    guard entry.pending != nil || records.count < Self.mostProfiles || records[record.profile] != nil else {
      return
    }
    if entry.pending == nil {
      guard entry.last != record else { return }
      records[record.profile] = entry
      store(record, &turn)
    } else {
      entry.next = entry.pendingRecord == record ? nil : record
      records[record.profile] = entry
    }
  }

  private mutating func store(_ record: ProfileRecord, _ turn: inout Turn) {
    let name = newName()
    owners[name] = .record(record.profile)
    records[record.profile]?.pending = (name, turn.now)
    records[record.profile]?.pendingRecord = record
    records[record.profile]?.next = nil
    turn.emit(.store(name, .record(record)))
    turn.agenda.set(.record(record.profile), turn.now + Self.patience)
  }

  /// Whether nothing of the profile is on its way to the manager, or has been for too long.
  func mayGoOn(_ profile: String, _ now: BootTime) -> Bool {
    records[profile]?.pending.map { now - $0.since >= Self.patience } ?? true
  }

  /// The manager was given an entry, or it can't be.
  ///
  /// - Returns: the profile whose record it is, if nothing more of it is on its way.
  mutating func stored(_ name: StoreName, _ failure: String?, _ turn: inout Turn) -> String? {
    guard let owner = owners.removeValue(forKey: name) else { return nil }
    isStuck = false
    hasTold = false
    guard case .record(let profile) = owner, let entry = records[profile], entry.pending?.name == name else {
      if let failure { turn.log(.storeFailed(what: "a socket", reason: failure)) }
      return nil
    }
    records[profile]?.pending = nil
    turn.agenda.set(.record(profile), nil)
    if let failure {
      turn.log(.storeFailed(what: profile, reason: failure))
    } else {
      if let old = entry.kept { turn.emit(.unstore(old)) }
      records[profile]?.kept = name
      records[profile]?.last = entry.pendingRecord
    }
    records[profile]?.pendingRecord = nil
    if let next = entry.next {
      store(next, &turn)
      return nil
    }
    return profile
  }

  /// The manager hasn't answered for a while.
  ///
  /// - Returns: whether the profile should wait no longer.
  mutating func isOverdue(_ profile: String, _ turn: inout Turn) -> Bool {
    guard let pending = records[profile]?.pending else { return false }
    if turn.now - pending.since >= Self.stuckAfter {
      isStuck = true
      if !hasTold { turn.log(.storeStuck) }
      hasTold = true
    } else {
      turn.agenda.set(.record(profile), pending.since + Self.stuckAfter)
    }
    return true
  }

  mutating func forget(_ profile: String, _ turn: inout Turn) {
    guard let entry = records.removeValue(forKey: profile) else { return }
    turn.agenda.set(.record(profile), nil)
    if let kept = entry.kept { turn.emit(.unstore(kept)) }
    guard let pending = entry.pending?.name else { return }
    owners[pending] = nil
    turn.emit(.unstore(pending))
  }

  // MARK: Sockets

  mutating func keep(_ socket: SocketID, at place: String, _ turn: inout Turn) {
    let old = sockets[place]
    let name = newName()
    sockets[place] = name
    owners[name] = .socket
    turn.emit(.store(name, .socket(socket)))
    if let old { turn.emit(.unstore(old)) }
  }

  mutating func forget(socketAt place: String, _ turn: inout Turn) {
    guard let name = sockets.removeValue(forKey: place) else { return }
    owners[name] = nil
    turn.emit(.unstore(name))
  }

  /// Whether the socket is kept, and not under a long name of 0.1.0.
  func hasSocket(at place: String) -> Bool { sockets[place]?.isShort ?? false }

  // MARK: Starts

  mutating func keep(starts: [BootTime], insteadOf old: StoreName?, _ turn: inout Turn) {
    let name = newName()
    owners[name] = .socket
    turn.emit(.store(name, .starts(starts)))
    if let old { turn.emit(.unstore(old)) }
  }
}

extension StoreName {
  fileprivate var isShort: Bool { text.hasPrefix("_") && text.utf8.count <= 6 }
}
