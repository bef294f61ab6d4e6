import TokenCore

/// What the descriptor store keeps for the next process: a record for each profile, and the sockets. A new entry is added
/// before the old one is removed, so that a process that is killed in between leaves one of them.
package struct StoreKeeper {
  /// systemd's work grows with the square of the number of entries, so no more profiles than these are kept.
  package static let mostProfiles = 1_000
  /// Records that are being replaced: each is there twice meanwhile, and the manager takes as many as it was told
  /// (`FileDescriptorStoreMax=`) and drops the rest.
  static let mostAtOnce = 32
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
    /// `next` waits for others' records since then.
    var waitingSince: BootTime?
    /// What the store has, or will have once the manager answers.
    var last: ProfileRecord?
    /// What it should have after that.
    var next: ProfileRecord?

    /// Since when the manager's answer is waited for.
    var openSince: BootTime? { pending?.since ?? waitingSince }
  }

  private enum Owner {
    case record(String)
    case socket
  }

  private var records: [String: Record] = [:]
  /// Profiles whose records wait, the first one first. One that was forgotten meanwhile is passed over.
  private var waiting: ArraySlice<String> = []
  private var underWay = 0
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
    lastName = max(lastName, name.number)
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
    guard records.count < Self.mostProfiles || records[record.profile] != nil else { return }
    if entry.pending != nil {
      entry.next = entry.pendingRecord == record ? nil : record
    } else if entry.waitingSince != nil {
      entry.next = record
    } else {
      guard entry.last != record else { return }
      entry.next = record
    }
    records[record.profile] = entry
    if entry.openSince == nil { storeNext(of: record.profile, &turn) }
  }

  /// Stores the profile's next record, at once or in its turn.
  private mutating func storeNext(of profile: String, _ turn: inout Turn) {
    guard let record = records[profile]?.next else { return }
    if underWay < Self.mostAtOnce {
      store(record, &turn)
    } else {
      records[profile]?.waitingSince = turn.now
      waiting.append(profile)
      turn.agenda.set(.record(profile), turn.now + Self.patience)
    }
  }

  private mutating func endOne(_ turn: inout Turn) {
    underWay -= 1
    while underWay < Self.mostAtOnce, let profile = waiting.popFirst() {
      guard records[profile]?.waitingSince != nil, let next = records[profile]?.next else { continue }
      store(next, &turn)
    }
  }

  private mutating func store(_ record: ProfileRecord, _ turn: inout Turn) {
    let name = newName()
    underWay += 1
    records[record.profile]?.waitingSince = nil
    owners[name] = .record(record.profile)
    records[record.profile]?.pending = (name, turn.now)
    records[record.profile]?.pendingRecord = record
    records[record.profile]?.next = nil
    turn.emit(.store(name, .record(record)))
    turn.agenda.set(.record(record.profile), turn.now + Self.patience)
  }

  /// Whether nothing of the profile is on its way to the manager, or has been for too long.
  func mayGoOn(_ profile: String, _ now: BootTime) -> Bool {
    records[profile]?.openSince.map { now - $0 >= Self.patience } ?? true
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
    endOne(&turn)
    storeNext(of: profile, &turn)
    return entry.next == nil ? profile : nil
  }

  /// The manager hasn't answered for a while.
  ///
  /// - Returns: whether the profile should wait no longer.
  mutating func isOverdue(_ profile: String, _ turn: inout Turn) -> Bool {
    guard records[profile]?.openSince != nil else { return false }
    // Where it waits for others' records, those say whether the manager is stuck.
    guard let since = records[profile]?.pending?.since else { return true }
    if turn.now - since >= Self.stuckAfter {
      isStuck = true
      if !hasTold { turn.log(.storeStuck) }
      hasTold = true
    } else {
      turn.agenda.set(.record(profile), since + Self.stuckAfter)
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
    endOne(&turn)
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
