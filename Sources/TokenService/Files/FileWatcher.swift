import LinuxSystem
import TokenCore

/// Tells when something happens to files, by watching the folders that decide what their paths lead to. Folders that
/// can't be watched are looked at every 10 s. Confined to the loop that decides; what may hang is done by threads.
final class FileWatcher {
  enum News: Equatable, Sendable {
    case changed(path: String)
    case changedAll(folder: String)
    case polled(folder: String, reason: String)
    case notPolled(folder: String)
  }

  /// What is watched in one folder, as the paths are written: links in them may lead elsewhere.
  private struct Watched {
    var paths: Set<String> = []
    /// Those whose places aren't known, or may be others by now.
    var pending: Set<String> = []
    var isSurveyed = false
  }

  private static let pollInterval = Duration.seconds(10)
  /// So many changes by others are taken at once in `restTime`; then they are left to gather, so that a process that
  /// changes a file in a loop doesn't keep this one busy.
  private static let mostChanges = 64
  private static let restTime = Duration.milliseconds(250)

  private let watch: FolderWatch?
  private let threads = JobThreads(name: "file-watch")
  private let seen: SeenFiles
  private let surveyed: @Sendable (_ folder: String, PathSurvey.Result) -> Void
  private var folders: [String: Watched] = [:]
  /// Folders with something to be surveyed.
  private var dirty: Set<String> = []
  private var surveys = 0
  private var polled: Set<String> = []
  private var pollAt: BootTime?
  /// By watch and name: the paths that depend on it.
  private var dependents: [Int32: [String: Set<String>]] = [:]
  private var places: [String: [PathSurvey.Place]] = [:]
  private var unusedWatches: Set<Int32> = []
  private var changes = 0
  private var changesSince = BootTime(nanoseconds: 0)
  /// Until then ``read(_:)`` isn't to be called.
  private(set) var restsUntil: BootTime?

  /// `watch`: `nil` where the kernel gave none. `surveyed` is called on any thread; what it is given is for
  /// ``apply(_:to:_:)``.
  init(
    _ watch: FolderWatch?, _ seen: SeenFiles,
    surveyed: @escaping @Sendable (_ folder: String, PathSurvey.Result) -> Void
  ) {
    self.watch = watch
    self.seen = seen
    self.surveyed = surveyed
  }

  /// When ``wake(_:)`` has something to do.
  var wakeAt: BootTime? { [pollAt, restsUntil].compactMap { $0 }.min() }

  /// Whether some paths aren't watched yet.
  var isSurveying: Bool { surveys > 0 || !dirty.isEmpty }

  func add(_ path: String) {
    let name = Folder.folderPath(of: path)
    folders[name, default: Watched()].paths.insert(path)
    renew(path, in: name)
  }

  /// - Returns: what changes for the folder with it.
  func remove(_ path: String) -> [News] {
    let name = Folder.folderPath(of: path)
    guard folders[name]?.paths.remove(path) != nil else { return [] }
    folders[name]?.pending.remove(path)
    setPlaces([], of: path)
    seen.end(path)
    dropUnusedWatches()
    guard folders[name]?.paths.isEmpty ?? false else { return [] }
    folders[name] = nil
    return polled.remove(name) == nil ? [] : [.notPolled(folder: name)]
  }

  /// Looks where those paths lead of which that isn't known; call it after other calls.
  func flush(_ now: BootTime) -> [News] {
    guard !dirty.isEmpty else { return [] }
    var news: [News] = []
    for name in dirty where folders[name]?.isSurveyed == false {
      do throws(SystemError) {
        try survey(name)
      } catch {
        poll(name, "\(error)", now, &news)
      }
    }
    dirty = dirty.filter { folders[$0]?.isSurveyed ?? false }
    return news
  }

  private func survey(_ name: String) throws(SystemError) {
    guard let paths = folders[name]?.pending, !paths.isEmpty else { return }
    let survey = PathSurvey(watch: watch, seen: seen, paths: Array(paths))
    try threads.run { [surveyed] in surveyed(name, survey.run()) }
    folders[name]?.isSurveyed = true
    folders[name]?.pending = []
    surveys += 1
  }

  /// Takes what a survey has found.
  func apply(_ result: PathSurvey.Result, to name: String, _ now: BootTime) -> [News] {
    surveys -= 1
    defer { dropUnusedWatches() }
    guard let folder = folders[name] else { return [] }
    folders[name]?.isSurveyed = false
    if !folder.pending.isEmpty { dirty.insert(name) }
    for (path, places) in result.places where folder.paths.contains(path) { setPlaces(places, of: path) }
    var news = result.changed.filter(folder.paths.contains).map { News.changed(path: $0) }
    if let hindrance = result.hindrance {
      poll(name, hindrance, now, &news)
    } else if polled.contains(name), folder.paths.isSubset(of: places.keys) {
      polled.remove(name)
      news.append(.notPolled(folder: name))
    }
    return news
  }

  /// Looks at the folders that can't be watched.
  func wake(_ now: BootTime) {
    if let end = restsUntil, end <= now { restsUntil = nil }
    guard let due = pollAt, due <= now else { return }
    pollAt = polled.isEmpty ? nil : now + Self.pollInterval
    for name in polled {
      if let paths = folders[name]?.paths { folders[name]?.pending = paths }
      dirty.insert(name)
    }
  }

  /// What has happened in the folders that are watched.
  func read(_ now: BootTime) -> [News] {
    var news: [News] = []
    while let events = watch?.events(), !events.isEmpty {
      for event in events { take(event, &news) }
    }
    if now - changesSince > Self.restTime { (changes, changesSince) = (0, now) }
    changes += news.count
    if changes > Self.mostChanges { restsUntil = now + Self.restTime }
    return news
  }

  private func take(_ event: FolderWatch.Event, _ news: inout [News]) {
    switch event {
    case .changed(let watch, let name):
      for path in dependents[watch]?[name] ?? [] {
        let isFile = places[path]?.last == PathSurvey.Place(watch: watch, name: name)
        if isFile, seen.isOwn(path) { continue }
        // The entry may be a link now, or a folder that was missing.
        seen.forget(path)
        renew(path, in: Folder.folderPath(of: path))
        news.append(.changed(path: path))
      }
    case .folder(let watch):
      let paths = dependents[watch]?.values.reduce(into: Set<String>()) { $0.formUnion($1) } ?? []
      look(at: paths, &news)
    case .overflow:
      look(at: Set(places.keys), &news)
    }
  }

  private func look(at paths: Set<String>, _ news: inout [News]) {
    for path in paths {
      seen.begin(path)
      seen.forget(path)
      renew(path, in: Folder.folderPath(of: path))
    }
    for name in Set(paths.map(Folder.folderPath(of:))) { news.append(.changedAll(folder: name)) }
  }

  private func renew(_ path: String, in name: String) {
    folders[name]?.pending.insert(path)
    dirty.insert(name)
  }

  private func poll(_ name: String, _ reason: String, _ now: BootTime, _ news: inout [News]) {
    if polled.insert(name).inserted { news.append(.polled(folder: name, reason: reason)) }
    pollAt = pollAt ?? now + Self.pollInterval
  }

  private func setPlaces(_ new: [PathSurvey.Place], of path: String) {
    for place in places[path] ?? [] {
      dependents[place.watch]?[place.name]?.remove(path)
      if dependents[place.watch]?[place.name]?.isEmpty ?? false { dependents[place.watch]?[place.name] = nil }
      if dependents[place.watch]?.isEmpty ?? false { unusedWatches.insert(place.watch) }
    }
    places[path] = new.isEmpty ? nil : new
    for place in new { dependents[place.watch, default: [:]][place.name, default: []].insert(path) }
  }

  /// Not while a survey is under way: what it has found may need one of them.
  private func dropUnusedWatches() {
    guard surveys == 0 else { return }
    for number in unusedWatches where dependents[number]?.isEmpty ?? false {
      watch?.remove(number)
      dependents[number] = nil
    }
    unusedWatches = []
  }
}
