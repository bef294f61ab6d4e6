/// The demands that wait for the end of an exchange. Bounded: one user may have half of all.
package struct DemandRegister: Sendable {
  private struct Entry {
    let profile: String
    let user: UInt32
    /// How many exchanges of the profile had ended when the demand came.
    let exchangesEnded: Int
  }

  /// Where it is lowered below what waits, nothing more is taken until there is room.
  package var limit: Int
  private var entries: [DemandID: Entry] = [:]
  private var countByUser: [UInt32: Int] = [:]
  private var byProfile: [String: Set<DemandID>] = [:]

  /// `limit`: demands at once, at least 2.
  package init(limit: Int) {
    self.limit = max(2, limit)
  }

  package var count: Int { entries.count }

  package func hasDemands(of profile: String) -> Bool { byProfile[profile] != nil }

  package func hasRoom(for user: UInt32) -> Bool {
    entries.count < limit && countByUser[user, default: 0] < limit / 2
  }

  /// Keeps a demand until an exchange of its profile ends that isn't among the `exchangesEnded`.
  ///
  /// - Returns: whether there was room.
  package mutating func add(_ demand: RefreshDemand, exchangesEnded: Int) -> Bool {
    guard hasRoom(for: demand.user), entries[demand.id] == nil else { return false }
    entries[demand.id] = Entry(profile: demand.profile, user: demand.user, exchangesEnded: exchangesEnded)
    countByUser[demand.user, default: 0] += 1
    byProfile[demand.profile, default: []].insert(demand.id)
    return true
  }

  /// The caller has gone. A demand that was answered already is none any more.
  package mutating func cancel(_ id: DemandID) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    let ofUser = countByUser[entry.user, default: 0] - 1
    countByUser[entry.user] = ofUser > 0 ? ofUser : nil
    byProfile[entry.profile]?.remove(id)
    if byProfile[entry.profile]?.isEmpty ?? false { byProfile[entry.profile] = nil }
  }

  /// Takes out those for whom an exchange has ended by now.
  ///
  /// - Returns: their ids, oldest first.
  package mutating func takeAnswered(of profile: String, exchangesEnded: Int) -> [DemandID] {
    take(profile) { $0.exchangesEnded != exchangesEnded }
  }

  /// Takes out all of a profile, oldest first.
  package mutating func takeAll(of profile: String) -> [DemandID] {
    take(profile) { _ in true }
  }

  private mutating func take(_ profile: String, where isMeant: (Entry) -> Bool) -> [DemandID] {
    let ids = (byProfile[profile] ?? []).filter { id in entries[id].map(isMeant) ?? false }
    for id in ids { cancel(id) }
    return ids.sorted { $0.number < $1.number }
  }
}
