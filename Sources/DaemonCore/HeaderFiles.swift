import TokenCore

/// The header files: what each should hold, what it holds as far as is known, and what is done about the difference.
/// A file knows until when what is in it may be read, which isn't always the newest token: a full disk leaves the old
/// one there, and that one goes when its own time comes.
struct HeaderFiles {
  /// Files are withdrawn this long before the deadline, for removing one takes a moment too.
  static let lead = Duration.milliseconds(100)
  /// What has ended is removed within a second once the folder can be written again.
  static let removalRetry = Duration.milliseconds(500)

  private enum Content: Equatable {
    /// Whatever an earlier process left: it goes at the latest at `until`, unless it is replaced.
    case unknown(until: BootTime)
    case absent
    case header(Header)

    /// From when on it must not be there any more.
    var endsAt: BootTime? {
      switch self {
      case .unknown(let until): until
      case .absent: nil
      case .header(let header): header.deadline - HeaderFiles.lead
      }
    }
  }

  /// A job of this file on its way.
  private enum Step: Equatable {
    /// `isRepair`: the file should have held the header already.
    case write(Header, generation: Int, isRepair: Bool)
    case withdraw(isRepair: Bool)
  }

  private struct Outlet {
    var profile: String
    var file: FileConfiguration
    var content: Content
    var wanted: Header?
    /// Of what is wanted; what is written under a lower number must not be published.
    var generation = 0
    var step: Step?
    /// What is there is to be looked at again: `isTouched` if somebody has done something to it.
    var isSuspect = false
    var isTouched = false
    /// The file goes for good once it is absent.
    var isRetired = false
    /// Writing and removing fail apart from each other.
    var writeAt: BootTime?
    var removeAt: BootTime?
    var failures = BackOff()
    var trouble: String?
    var hasToldEnd = false

    var path: String { file.path }
    var folder: String { Path.folder(of: file.path) }
    var needsWrite: Bool { wanted.map { isSuspect || content != .header($0) } ?? false }
    var holdsSomething: Bool { content != .absent || (isSuspect && wanted == nil) }
  }

  private static var retries: RefreshPolicy {
    var policy = RefreshPolicy()
    policy.retryMax = .seconds(30)
    return policy
  }

  private var outlets: [OutletID: Outlet] = [:]
  private var ids: [String: OutletID] = [:]
  /// In the order in which they came, so that the same inputs have the same effects.
  private var byProfile: [String: [OutletID]] = [:]
  private var byFolder: [String: Set<OutletID>] = [:]
  private var lastID = 0
  private(set) var failingCount = 0
  /// Files that are being written or removed, but for those whose folder is stuck.
  private var underWay: Set<OutletID> = []

  /// Whether every file has been dealt with, as far as its folder answers.
  var isQuiet: Bool { underWay.isEmpty }

  /// Whether nothing is under way and nothing is left, but for what is in a folder that is stuck.
  func isEmptied(besides isStuck: (String) -> Bool) -> Bool {
    outlets.values.allSatisfy { ($0.step == nil && $0.content == .absent) || isStuck($0.folder) }
  }

  /// Paths of files that may still hold a header.
  var leftOver: [String] { outlets.values.filter { $0.content != .absent }.map(\.path).sorted() }

  /// What keeps files of the profile from being as they should, a sentence each.
  func problems(of profile: String) -> [String] {
    (byProfile[profile] ?? []).compactMap { outlets[$0]?.trouble }.sorted()
  }

  // MARK: Which files there are

  /// A file that an earlier process may have left. It goes at `until`, unless a profile takes it over.
  mutating func inherit(_ path: String, until: BootTime, _ turn: inout Turn) {
    guard ids[path] == nil else { return }
    let id = insert(FileConfiguration(path: path), "", .unknown(until: until))
    outlets[id]?.isRetired = true
    outlets[id]?.removeAt = until
    turn.agenda.set(.file(id), until)
  }

  /// Gives the profile these files, in place of those that it had. One that stays where it is keeps what it holds until
  /// ``publish(_:of:_:_:)``, which is to follow, says what should be in it.
  mutating func assign(
    _ files: [FileConfiguration], to profile: String, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    let paths = Set(files.map(\.path))
    for id in byProfile[profile] ?? [] where !(outlets[id].map { paths.contains($0.path) } ?? true) {
      retire(id, &jobs, &turn)
    }
    for file in files {
      if let id = ids[file.path], let outlet = outlets[id] {
        guard outlet.profile != profile || outlet.file != file || outlet.isRetired else { continue }
        move(id, to: profile)
        outlets[id]?.file = file
        outlets[id]?.isSuspect = true
        outlets[id]?.isRetired = false
        outlets[id]?.removeAt = nil
        if outlet.isRetired { turn.emit(.watch(path: file.path)) }
        if case .unknown = outlet.content { outlets[id]?.content = .unknown(until: turn.now) }
      } else {
        _ = insert(file, profile, .unknown(until: turn.now))
        turn.emit(.watch(path: file.path))
      }
    }
  }

  /// The profile is gone, and its files go with it.
  mutating func retireAll(of profile: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    for id in byProfile[profile] ?? [] { retire(id, &jobs, &turn) }
  }

  /// What an earlier process left and nobody has taken over goes now.
  mutating func endInherited(_ jobs: inout JobSchedule, _ turn: inout Turn) {
    for id in byProfile[""] ?? [] {
      outlets[id]?.removeAt = nil
      proceed(id, &jobs, &turn)
    }
  }

  private mutating func retire(_ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let outlet = outlets[id], !outlet.isRetired else { return }
    outlets[id]?.isRetired = true
    turn.emit(.unwatch(path: outlet.path))
    want(nil, id, &jobs, &turn)
  }

  private mutating func insert(
    _ file: FileConfiguration, _ profile: String, _ content: Content
  ) -> OutletID {
    lastID += 1
    let id = OutletID(lastID)
    outlets[id] = Outlet(profile: profile, file: file, content: content)
    ids[file.path] = id
    byProfile[profile, default: []].append(id)
    byFolder[Path.folder(of: file.path), default: []].insert(id)
    return id
  }

  private mutating func move(_ id: OutletID, to profile: String) {
    guard let old = outlets[id]?.profile, old != profile else { return }
    leave(id, of: old)
    byProfile[profile, default: []].append(id)
    outlets[id]?.profile = profile
  }

  private mutating func leave(_ id: OutletID, of profile: String) {
    byProfile[profile]?.removeAll { $0 == id }
    if byProfile[profile]?.isEmpty ?? false { byProfile[profile] = nil }
  }

  private mutating func forget(_ id: OutletID, _ turn: inout Turn) {
    guard let outlet = outlets.removeValue(forKey: id) else { return }
    ids[outlet.path] = nil
    if outlet.failures.steps > 0 { failingCount -= 1 }
    leave(id, of: outlet.profile)
    byFolder[outlet.folder]?.remove(id)
    if byFolder[outlet.folder]?.isEmpty ?? false { byFolder[outlet.folder] = nil }
    turn.agenda.set(.file(id), nil)
  }

  // MARK: What they should hold

  /// Writes the header into every file of the profile, unless it is there already; `nil` withdraws it.
  mutating func publish(
    _ header: Header?, of profile: String, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    for id in byProfile[profile] ?? [] where !(outlets[id]?.isRetired ?? true) {
      want(header, id, &jobs, &turn)
    }
  }

  private mutating func want(
    _ header: Header?, _ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard let outlet = outlets[id] else { return }
    if outlet.wanted != header {
      outlets[id]?.wanted = header
      outlets[id]?.writeAt = nil
      supersede(id, &turn)
    }
    proceed(id, &jobs, &turn)
  }

  /// What is being written now must not be published any more.
  private mutating func supersede(_ id: OutletID, _ turn: inout Turn) {
    guard var outlet = outlets[id] else { return }
    outlet.generation += 1
    outlets[id] = outlet
    if case .write = outlet.step { turn.emit(.retire(id, below: outlet.generation)) }
  }

  // MARK: What happens

  /// Somebody has done something to the file, or this process has.
  ///
  /// - Returns: whether there is such a file.
  mutating func changed(_ path: String, _ jobs: inout JobSchedule, _ turn: inout Turn) -> Bool {
    guard let id = ids[path] else { return false }
    outlets[id]?.isSuspect = true
    outlets[id]?.isTouched = true
    proceed(id, &jobs, &turn)
    return true
  }

  func paths(in folder: String) -> [String] {
    (byFolder[folder] ?? []).compactMap { outlets[$0]?.path }.sorted()
  }

  /// The folder, which was stuck, answers again.
  mutating func folderAnswers(_ folder: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    for id in (byFolder[folder] ?? []).sorted() {
      outlets[id]?.writeAt = nil
      if outlets[id]?.isRetired == false { outlets[id]?.removeAt = nil }
      proceed(id, &jobs, &turn)
    }
  }

  mutating func due(_ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    proceed(id, &jobs, &turn)
  }

  /// A job of the file has ended.
  mutating func ended(
    _ id: OutletID, _ result: JobResult, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    guard let outlet = outlets[id], let step = outlet.step else { return }
    underWay.remove(id)
    outlets[id]?.step = nil
    switch (step, result) {
    case (.write(let header, _, let isRepair), .changed), (.write(let header, _, let isRepair), .unchanged):
      outlets[id]?.content = .header(header)
      succeeded(id, isRepair: isRepair && result == .changed, &turn)
    case (.write, .stale):
      // What was there before may still be there, and may be gone too.
      outlets[id]?.isSuspect = true
    case (.withdraw(let isRepair), .changed), (.withdraw(let isRepair), .unchanged):
      outlets[id]?.content = .absent
      succeeded(id, isRepair: isRepair && result == .changed, &turn)
    case (.write(_, let generation, _), _):
      // If it could be neither published nor taken back, nobody can say what is there.
      if generation < outlet.generation { outlets[id]?.content = .unknown(until: turn.now) }
      outlets[id]?.isSuspect = true
      failed(id, result, isWrite: true, &turn)
    case (.withdraw, _):
      outlets[id]?.isSuspect = true
      failed(id, result, isWrite: false, &turn)
    }
    proceed(id, &jobs, &turn)
  }

  /// The job hangs, or was dropped before it began since its folder is stuck.
  mutating func writtenOff(_ id: OutletID, hasBegun: Bool, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let outlet = outlets[id] else { return }
    underWay.remove(id)
    if !hasBegun {
      outlets[id]?.step = nil
      outlets[id]?.isSuspect = true
    }
    outlets[id]?.trouble = "\(outlet.path): its folder doesn't answer"
    proceed(id, &jobs, &turn)
  }

  private mutating func succeeded(_ id: OutletID, isRepair: Bool, _ turn: inout Turn) {
    guard let outlet = outlets[id] else { return }
    if outlet.failures.steps > 0 {
      failingCount -= 1
      turn.log(
        .fileRecovered(profile: outlet.profile, path: outlet.path, afterFailures: outlet.failures.steps))
    } else if isRepair {
      turn.log(.outletRepaired(profile: outlet.profile, path: outlet.path))
    }
    outlets[id]?.failures.reset()
    outlets[id]?.writeAt = nil
    outlets[id]?.removeAt = nil
    outlets[id]?.trouble = nil
    outlets[id]?.hasToldEnd = false
  }

  private mutating func failed(_ id: OutletID, _ result: JobResult, isWrite: Bool, _ turn: inout Turn) {
    guard var outlet = outlets[id] else { return }
    if outlet.failures.steps == 0 { failingCount += 1 }
    var wait = outlet.failures.next(Self.retries, random: &turn.random)
    let hasEnded = outlet.content.endsAt.map { $0 <= turn.now } ?? false
    if isWrite {
      outlet.writeAt = turn.now + wait
    } else {
      if hasEnded { wait = min(wait, Self.removalRetry) }
      outlet.removeAt = turn.now + wait
    }
    let reason =
      if case .failed(let failure) = result { failure.reason } else { "\(outlet.path) can't be used" }
    outlet.trouble = reason
    outlets[id] = outlet
    // A disk that stays full is told once in a while.
    let count = outlet.failures.steps
    if count == 1 || count % 20 == 0 {
      tellFailure(id, reason, retryAt: turn.now + wait, hasEnded: hasEnded && !isWrite, &turn)
    }
  }

  private mutating func tellFailure(
    _ id: OutletID, _ reason: String, retryAt: BootTime, hasEnded: Bool, _ turn: inout Turn
  ) {
    guard let outlet = outlets[id] else { return }
    if hasEnded { outlets[id]?.hasToldEnd = true }
    turn.log(
      .fileFailed(
        profile: outlet.profile, path: outlet.path, reason: reason, count: outlet.failures.steps,
        retryAt: retryAt, hasEnded: hasEnded))
  }

  // MARK: What is done about it

  /// Does what is to be done next about the file, if anything, and says when to look again.
  private mutating func proceed(_ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let before = outlets[id] else { return }
    if let wanted = before.wanted, wanted.deadline - Self.lead <= turn.now {
      outlets[id]?.wanted = nil
      supersede(id, &turn)
    }
    guard let outlet = outlets[id] else { return }
    if outlet.step == nil {
      if outlet.isRetired, outlet.content == .absent { return forget(id, &turn) }
      let canWrite = outlet.needsWrite && isDue(outlet.writeAt, turn.now)
      let hasEnded = outlet.content.endsAt.map { $0 <= turn.now } ?? false
      if canWrite, let wanted = outlet.wanted {
        write(wanted, id, &jobs, &turn)
      } else if outlet.holdsSomething, outlet.wanted == nil || hasEnded, isDue(outlet.removeAt, turn.now) {
        withdraw(id, &jobs, &turn)
      }
    }
    tellEnd(id, &turn)
    schedule(id, &turn)
  }

  private mutating func write(_ header: Header, _ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn)
  {
    guard let outlet = outlets[id] else { return }
    let writing = HeaderWriting(
      outlet: id, generation: outlet.generation, file: outlet.file, header: header,
      deadline: header.deadline - Self.lead)
    guard jobs.submit(.writeHeader(writing), for: .file(id), &turn) else { return }
    let isRepair = outlet.isTouched && outlet.content == .header(header)
    underWay.insert(id)
    outlets[id]?.step = .write(header, generation: outlet.generation, isRepair: isRepair)
    outlets[id]?.isSuspect = false
    outlets[id]?.isTouched = false
  }

  private mutating func withdraw(_ id: OutletID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let outlet = outlets[id],
      jobs.submit(.withdrawHeader(path: outlet.path), for: .file(id), isUrgent: true, &turn)
    else { return }
    underWay.insert(id)
    outlets[id]?.step = .withdraw(isRepair: outlet.isTouched && outlet.content == .absent)
    outlets[id]?.isSuspect = false
    outlets[id]?.isTouched = false
  }

  /// Says once that a token has ended in a file that can't be removed.
  private mutating func tellEnd(_ id: OutletID, _ turn: inout Turn) {
    guard let outlet = outlets[id], let trouble = outlet.trouble, !outlet.hasToldEnd,
      case .header(let header) = outlet.content, header.deadline <= turn.now
    else { return }
    tellFailure(id, trouble, retryAt: turn.now + Self.removalRetry, hasEnded: true, &turn)
  }

  private func schedule(_ id: OutletID, _ turn: inout Turn) {
    guard let outlet = outlets[id] else { return }
    var dues: [BootTime] = []
    if let wanted = outlet.wanted { dues.append(wanted.deadline - Self.lead) }
    if let endsAt = outlet.content.endsAt, endsAt > turn.now { dues.append(endsAt) }
    if case .header(let header) = outlet.content, !outlet.hasToldEnd, header.deadline > turn.now {
      dues.append(header.deadline)
    }
    if outlet.step == nil {
      if outlet.needsWrite, let writeAt = outlet.writeAt { dues.append(writeAt) }
      if outlet.holdsSomething, let removeAt = outlet.removeAt { dues.append(removeAt) }
    }
    // What is due already and couldn't be begun waits for the folder.
    turn.agenda.set(.file(id), dues.filter { $0 > turn.now }.min())
  }

  private func isDue(_ time: BootTime?, _ now: BootTime) -> Bool {
    time.map { $0 <= now } ?? true
  }
}
