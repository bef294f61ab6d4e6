import DaemonCore
import LinuxSystem
import Synchronization
import TokenCore

/// Writes and removes header files. A job may hang and go on at any later time, so right before a file appears and again
/// right after it, it looks whether the file still may.
final class HeaderFiles: Sendable {
  private struct Outlet {
    /// What is older doesn't appear any more.
    var oldest = Int.min
    var writings = 0
  }

  /// What this process has put at a path.
  private struct Published {
    let identity: FileIdentity
    let deadline: BootTime
  }

  private let outlets = Mutex<[OutletID: Outlet]>([:])
  private let published = Mutex<[String: Published]>([:])
  /// `nil` where there is no folder for it, or another daemon has it.
  private let list: PublishedList?
  private let replaced: ReplacedFiles
  private let budget: InodeBudget
  private let seen: SeenFiles

  /// `limit`: how many files are held open, so that they can be emptied wherever a bind mount shows them.
  init(list: PublishedList?, replaced: ReplacedFiles, seen: SeenFiles, limit: Int) {
    self.list = list
    self.replaced = replaced
    self.seen = seen
    budget = InodeBudget(limit: limit)
  }

  func setLimit(_ limit: Int) { budget.setLimit(limit) }

  /// Call it when the order to write is given, before any other for the outlet.
  func begin(_ writing: HeaderWriting) {
    outlets.withLock { $0[writing.outlet, default: Outlet()].writings += 1 }
  }

  /// The order to write wasn't carried out, or is done.
  func end(_ writing: HeaderWriting) {
    outlets.withLock { outlets in
      outlets[writing.outlet]?.writings -= 1
      Self.dropIfOver(writing.outlet, &outlets)
    }
  }

  /// No writing of the outlet with a lower generation may publish anything from now on.
  func retire(_ outlet: OutletID, below generation: Int) {
    outlets.withLock { outlets in
      let oldest = max(outlets[outlet]?.oldest ?? .min, generation)
      outlets[outlet, default: Outlet()].oldest = oldest
      Self.dropIfOver(outlet, &outlets)
    }
  }

  /// An outlet that is gone is forgotten once nothing writes it any more.
  private static func dropIfOver(_ outlet: OutletID, _ outlets: inout [OutletID: Outlet]) {
    guard let known = outlets[outlet], known.oldest == .max, known.writings == 0 else { return }
    outlets[outlet] = nil
  }

  private func mayAppear(_ writing: HeaderWriting) -> Bool {
    let isCurrent = outlets.withLock { writing.generation >= $0[writing.outlet]?.oldest ?? .min }
    return isCurrent && BootTime.now() < writing.deadline
  }

  /// Puts the header into its file, unless it is there already. It may hang.
  func write(_ writing: HeaderWriting) -> JobResult {
    defer { end(writing) }
    do {
      return try put(writing, try writing.header.rendered(for: writing.file))
    } catch let error as SystemError {
      return .failed(JobFailure(error))
    } catch {
      return .failed(JobFailure(reason: "\(error)"))
    }
  }

  private func put(_ writing: HeaderWriting, _ content: Secret) throws(SystemError) -> JobResult {
    guard mayAppear(writing) else { return .stale }
    let path = writing.file.path
    let file = PublishedFile(
      path: path, ownership: Ownership(mode: writing.file.mode, group: writing.file.group?.id))
    if let identity = file.holds(content) {
      try settle(identity, writing)
      return .unchanged
    }
    let temporary = TemporaryName.random()
    try list?.note(temporary, for: path)
    let result: Result<JobResult, SystemError> = Result { () throws(SystemError) in
      try replace(file, with: content, by: temporary, writing)
    }
    // The temporary file is gone by now.
    if result != .success(.changed) { try list?.forgetTemporary(for: path) }
    return try result.get()
  }

  private func replace(
    _ file: PublishedFile, with content: Secret, by temporary: TemporaryName, _ writing: HeaderWriting
  ) throws(SystemError) -> JobResult {
    let path = writing.file.path
    let prepared = try file.prepare(content, as: temporary)
    let identity = prepared.identity
    try list?.note(PublishedList.Entry(path: path, inode: identity.inode))
    let old = opened(file)
    guard mayAppear(writing) else { return .stale }
    // The rename, and the end of the descriptor that it was written through.
    for _ in 0..<2 { seen.expect(path) }
    do throws(SystemError) {
      _ = try prepared.publish()
    } catch {
      for _ in 0..<2 { seen.takeBack(path) }
      throw error
    }
    guard mayAppear(writing) else {
      if try file.remove(ifIs: identity) { try list?.forget(path) }
      return .stale
    }
    if let old { replaced.add(old, in: Folder.folderPath(of: path)) }
    try settle(identity, writing)
    return .changed
  }

  /// The file that is there now, for being emptied when its token ends; `nil` if it isn't known, or too many are held.
  private func opened(_ file: PublishedFile) -> ReplacedFile? {
    guard let known = published.withLock({ $0[file.path] }), budget.take() else { return nil }
    guard let inode = file.opened(ifIs: known.identity) else {
      budget.giveBack()
      return nil
    }
    return ReplacedFile(inode, budget, until: known.deadline)
  }

  private func settle(_ identity: FileIdentity, _ writing: HeaderWriting) throws(SystemError) {
    let path = writing.file.path
    published.withLock { $0[path] = Published(identity: identity, deadline: writing.deadline) }
    seen.note(path)
    try list?.settle(PublishedList.Entry(path: path, inode: identity.inode))
  }

  /// Removes what the path leads to if this service's user has put it there. It may hang.
  func withdraw(_ path: String) -> JobResult {
    let known = published.withLock { $0[path]?.identity }
    do throws(SystemError) {
      guard let identity = try FileIdentity.ofOwnFile(path), known == nil || known == identity else {
        forget(path)
        return .unchanged
      }
      let file = PublishedFile(path: path, ownership: Ownership(mode: 0, group: nil))
      let old = opened(file)
      seen.expect(path)
      do throws(SystemError) {
        if try !file.remove(ifIs: identity) { seen.takeBack(path) }
      } catch {
        seen.takeBack(path)
        throw error
      }
      // A bind mount may go on showing it.
      old?.empty()
      forget(path)
      return .changed
    } catch {
      return .failed(JobFailure(error))
    }
  }

  private func forget(_ path: String) {
    seen.note(path)
    published.withLock { $0[path] = nil }
    do throws(SystemError) {
      try list?.forget(path)
    } catch {
      // It stays on the list with an inode number that the path no longer has, which does no harm.
    }
  }
}

extension JobFailure {
  init(_ error: SystemError) {
    self.init(reason: "\(error)", isPermission: error.isPermission)
  }
}
