import TokenCore

/// What a job is for: who gets its result.
enum Purpose: Hashable, Sendable {
  case configuration
  /// Of the profile's request with this serial.
  case credentials(profile: String, serial: Int)
  /// Looks whether the credentials have changed.
  case look(profile: String)
  case file(OutletID)
  /// `opening`: the socket that it makes; `nil`: it looks at the one that there is.
  case socket(place: String, opening: SocketID?)
  /// A step of the reload with this serial; `opening`: the socket that it makes.
  case reload(place: String, serial: Int, opening: SocketID?)
  case names
  case bus
  /// Removes the path of a socket that isn't wanted any more.
  case unbind(SocketID)
  /// Nobody waits for it.
  case nobody
}

/// Where a job may hang. Jobs of one place are done one after the other.
enum Workplace: Hashable, Sendable {
  case folder(String)
  case names
  case bus
  /// It can't hang.
  case anywhere

  var name: String {
    switch self {
    case .folder(let path): path
    case .names: "users and groups"
    case .bus: "the bus"
    case .anywhere: ""
    }
  }
}

/// Which jobs are under way, and which wait: one at a time in each folder, 16 in all. A job that has taken 5 s is
/// written off with its thread: the folder counts as stuck and what waits for it fails at once, until the job returns.
struct JobSchedule {
  /// What became of a job.
  struct Ended {
    let purpose: Purpose
    let result: JobResult
    /// It had been written off before.
    let isLate: Bool
  }

  static let patience = Duration.seconds(5)
  static let mostThreads = 16

  private struct Running {
    let purpose: Purpose
    let place: Workplace
    let since: BootTime
    var isWrittenOff = false
  }

  private struct Waiting {
    let job: Job
    let purpose: Purpose
  }

  private var running: [JobID: Running] = [:]
  private var busy: [Workplace: JobID] = [:]
  private var waiting: [Workplace: Line<Waiting>] = [:]
  /// Free places where something waits, in the order in which they became so.
  private var candidates = Line<Workplace>()
  private var threads = 0
  private var lastID = 0
  private(set) var stuck: [Workplace: BootTime] = [:]
  private(set) var writtenOff = 0

  func isStuck(_ place: Workplace) -> Bool { stuck[place] != nil }

  /// Does the job as soon as its place and a thread are free. `isUrgent`: before the others that wait there.
  ///
  /// - Returns: `false` where the place is stuck; the job is dropped then.
  mutating func submit(
    _ job: Job, for purpose: Purpose, isUrgent: Bool = false, _ turn: inout Turn
  ) -> Bool {
    let place = job.workplace
    guard stuck[place] == nil else { return false }
    if place == .anywhere {
      start(job, purpose, place, &turn)
      return true
    }
    if isUrgent {
      waiting[place, default: Line()].prepend(Waiting(job: job, purpose: purpose))
    } else {
      waiting[place, default: Line()].append(Waiting(job: job, purpose: purpose))
    }
    if busy[place] == nil, waiting[place]?.count == 1 { candidates.append(place) }
    startWaiting(&turn)
    return true
  }

  /// A job has returned.
  ///
  /// - Returns: `nil` where there is no such job, or it has returned before.
  mutating func end(_ id: JobID, _ result: JobResult, _ turn: inout Turn) -> Ended? {
    guard let ended = running.removeValue(forKey: id) else { return nil }
    turn.agenda.set(.job(id), nil)
    if ended.place != .anywhere {
      busy[ended.place] = nil
      if !(waiting[ended.place]?.isEmpty ?? true) { candidates.append(ended.place) }
    }
    if ended.isWrittenOff {
      stuck[ended.place] = nil
      turn.log(.unstuck(place: ended.place.name, after: turn.now - ended.since))
    } else {
      threads -= 1
    }
    startWaiting(&turn)
    return Ended(purpose: ended.purpose, result: result, isLate: ended.isWrittenOff)
  }

  /// A job's time is over.
  ///
  /// - Returns: what it and those that waited behind it were for, the one that hangs first.
  mutating func writeOff(_ id: JobID, _ turn: inout Turn) -> [Purpose] {
    guard var job = running[id], !job.isWrittenOff else { return [] }
    job.isWrittenOff = true
    running[id] = job
    threads -= 1
    writtenOff += 1
    var purposes = [job.purpose]
    if job.place != .anywhere {
      stuck[job.place] = turn.now
      purposes += (waiting.removeValue(forKey: job.place)?.elements ?? []).map(\.purpose)
    }
    turn.log(.stuck(place: job.place.name, what: job.purpose.name, since: job.since))
    startWaiting(&turn)
    return purposes
  }

  private mutating func startWaiting(_ turn: inout Turn) {
    while threads < Self.mostThreads, let place = candidates.removeFirst() {
      guard busy[place] == nil, let next = waiting[place]?.removeFirst() else { continue }
      if waiting[place]?.isEmpty ?? false { waiting[place] = nil }
      start(next.job, next.purpose, place, &turn)
    }
  }

  private mutating func start(
    _ job: Job, _ purpose: Purpose, _ place: Workplace, _ turn: inout Turn
  ) {
    lastID += 1
    let id = JobID(lastID)
    running[id] = Running(purpose: purpose, place: place, since: turn.now)
    if place != .anywhere { busy[place] = id }
    threads += 1
    turn.agenda.set(.job(id), turn.now + Self.patience)
    turn.emit(.perform(id, job))
  }
}

extension Job {
  /// Where it may hang.
  var workplace: Workplace {
    switch self {
    case .readConfiguration(let path, _), .withdrawHeader(let path), .inspectSocket(_, let path, _),
      .unbindSocket(_, let path):
      .folder(Path.folder(of: path))
    case .readCredentials(let reading): reading.folder.map(Workplace.folder) ?? .anywhere
    case .writeHeader(let writing): .folder(Path.folder(of: writing.file.path))
    case .openSocket(let opening): .folder(Path.folder(of: opening.path))
    case .listenMetrics: .anywhere
    case .resolveNames: .names
    case .askBus: .bus
    }
  }
}

extension Purpose {
  /// For a message: what hangs.
  var name: String {
    switch self {
    case .configuration: "reading the configuration"
    case .credentials(let profile, _), .look(let profile): "reading the credentials of \(profile)"
    case .file: "a header file"
    case .socket(let place, _), .reload(let place, _, _): "the socket \(place)"
    case .names: "looking up users and groups"
    case .bus: "asking the manager over the bus"
    case .unbind, .nobody: "changing a socket"
    }
  }
}

/// A queue that takes from its front in constant time.
struct Line<Element: Sendable>: Sendable {
  private var front: [Element] = []
  private var back: [Element] = []

  var count: Int { front.count + back.count }
  var isEmpty: Bool { front.isEmpty && back.isEmpty }
  var elements: [Element] { front.reversed() + back }

  mutating func append(_ element: Element) { back.append(element) }
  mutating func prepend(_ element: Element) { front.append(element) }

  mutating func removeFirst() -> Element? {
    if front.isEmpty {
      front = back.reversed()
      back = []
    }
    return front.popLast()
  }
}

enum Path {
  /// The folder of an absolute path.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
