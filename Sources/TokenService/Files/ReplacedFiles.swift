import LinuxSystem
import Synchronization
import TokenCore

/// A header file that another has taken the place of, held open.
final class ReplacedFile: Sendable {
  /// Of the token in it.
  let deadline: BootTime
  private let inode: Mutex<PublishedInode?>
  private let budget: InodeBudget

  /// `budget`: has one taken for this, and gets it back.
  init(_ inode: consuming PublishedInode, _ budget: InodeBudget, until deadline: BootTime) {
    self.deadline = deadline
    self.inode = Mutex(inode)
    self.budget = budget
  }

  deinit {
    budget.giveBack()
  }

  /// Takes its content away wherever it is still to be seen, and closes it.
  func empty() {
    guard let inode = inode.withLock({ $0.take() }) else { return }
    // It is no outlet any more, so there is nothing to be done if that fails.
    try? inode.empty()
  }
}

/// How many replaced files are held open.
final class InodeBudget: Sendable {
  private let limit: Atomic<Int>
  private let taken = Atomic<Int>(0)

  init(limit: Int) {
    self.limit = Atomic(limit)
  }

  func setLimit(_ new: Int) { limit.store(new, ordering: .relaxed) }

  /// - Returns: whether there was one left.
  func take() -> Bool {
    if taken.add(1, ordering: .relaxed).newValue <= limit.load(ordering: .relaxed) { return true }
    giveBack()
    return false
  }

  func giveBack() { taken.subtract(1, ordering: .relaxed) }
}

/// Header files that another has taken the place of: a bind mount in a container goes on showing them, so each is emptied
/// when its token ends.
final class ReplacedFiles: Sendable {
  private struct Entry {
    let file: ReplacedFile
    let folder: String
  }

  private struct State {
    var entries: [Entry] = []
    /// Folders in which files are being emptied.
    var busy: Set<String> = []

    /// Those that are due, by folder; the folders are busy from then on.
    mutating func take(_ isDue: (ReplacedFile) -> Bool) -> [String: [Entry]] {
      var due: [String: [Entry]] = [:]
      entries.removeAll { entry in
        guard isDue(entry.file), !busy.contains(entry.folder) else { return false }
        due[entry.folder, default: []].append(entry)
        return true
      }
      busy.formUnion(due.keys)
      return due
    }
  }

  private let threads = JobThreads(name: "replaced-files")
  private let state = Mutex(State())

  /// When ``wake(_:)`` has something to do.
  var wakeAt: BootTime? {
    state.withLock { state in
      let busy = state.busy
      return state.entries.filter { !busy.contains($0.folder) }.map(\.file.deadline).min()
    }
  }

  func add(_ file: ReplacedFile, in folder: String) {
    state.withLock { $0.entries.append(Entry(file: file, folder: folder)) }
  }

  /// Empties those whose token has ended. It may hang, so threads do it: one for each folder.
  func wake(_ now: BootTime) { empty { $0.deadline <= now } }

  /// Empties all: nobody looks after them any more.
  func emptyAll() { empty { _ in true } }

  private func empty(_ isDue: (ReplacedFile) -> Bool) {
    let due = state.withLock { $0.take(isDue) }
    for (folder, entries) in due {
      let files = entries.map(\.file)
      let work: JobThreads.Job = { [self] in
        for file in files { file.empty() }
        state.withLock { _ = $0.busy.remove(folder) }
      }
      // Where there is no thread for it, they are let go as they are.
      if (try? threads.run(work)) == nil { state.withLock { _ = $0.busy.remove(folder) } }
    }
  }
}
