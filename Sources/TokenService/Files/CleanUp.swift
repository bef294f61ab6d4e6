import Glibc
package import LinuxSystem
import Synchronization
import Systemd
import TokenConfig
package import TokenCore

/// Removes the header files of a daemon that was killed: what systemd runs once it has ended (`ExecStopPost=`,
/// systemd.service(5)).
package enum CleanUp {
  /// How long folders may take; one that hangs is left behind.
  private static let patience = Duration.milliseconds(900)

  /// Does nothing after a clean end (`$SERVICE_RESULT` is `success`: a stop withdraws by itself, and a restart keeps the
  /// files), and nothing while a daemon holds the list's lock.
  ///
  /// - Returns: the paths that it removed, and why others couldn't be.
  /// - Throws: where the list can't be read.
  package static func run(
    folder: String, serviceResult: String?
  ) throws(SystemError) -> (removed: [String], failures: [SystemError]) {
    guard serviceResult != "success" else { return ([], []) }
    let list: PublishedList?
    do throws(SystemError) {
      list = try PublishedList.open(in: folder)
    } catch {
      if error.errno == ENOENT { return ([], []) }
      throw error
    }
    guard let list else { return ([], []) }
    let byFolder = Dictionary(grouping: try list.inherited()) { Folder.folderPath(of: $0.path) }
    let results = Mutex<[Result<[String], SystemError>]>([])
    let done = TimedSemaphore()
    let threads = JobThreads(name: "clean-up")
    for entries in byFolder.values {
      do throws(SystemError) {
        try threads.run {
          let result = Result { () throws(SystemError) in try remove(entries) }
          results.withLock { $0.append(result) }
          done.signal()
        }
      } catch {
        results.withLock { $0.append(.failure(error)) }
        done.signal()
      }
    }
    let end = BootTime.now() + patience
    let isDone = byFolder.allSatisfy { _ in done.wait(within: end - .now()) }
    var ended = results.withLock { $0 }
    if !isDone {
      ended.append(.failure(SystemError("clean up", "a folder that doesn't answer", errno: ETIMEDOUT)))
    }
    let removed = ended.flatMap { (try? $0.get()) ?? [] }
    for path in Set(removed) { try list.forget(path) }
    return (
      removed.sorted(),
      ended.compactMap { result in
        if case .failure(let error) = result { error } else { nil }
      }
    )
  }

  private static func remove(
    _ entries: [PublishedList.Entry]
  ) throws(SystemError) -> [String] {
    var removed: [String] = []
    for entry in entries {
      let file = PublishedFile(path: entry.path, ownership: Ownership(mode: 0, group: nil))
      switch entry.file {
      case .temporary(let name): try file.removeTemporary(name)
      case .inode(let inode):
        if let current = try FileIdentity.ofOwnFile(entry.path), current.inode == inode {
          if try file.remove(ifIs: current) { removed.append(entry.path) }
        } else {
          // It was killed while it was replacing the file.
          try file.removeTemporary(of: FileIdentity.ofInode(inode, beside: entry.path))
        }
      }
    }
    return removed
  }

  /// For the next daemon, where no clean-up has run: removes what a killed one has made and not published. It waits for
  /// nothing, since a folder may hang.
  static func removeTemporaries(_ entries: [PublishedList.Entry]) {
    let threads = JobThreads(name: "left-files")
    for (_, entries) in Dictionary(grouping: entries, by: { Folder.folderPath(of: $0.path) }) {
      let names = entries.compactMap { entry in entry.temporary.map { (entry.path, $0) } }
      guard !names.isEmpty else { continue }
      // Without a thread they stay, under names that no reader knows.
      try? threads.run {
        for (path, name) in names {
          let file = PublishedFile(path: path, ownership: Ownership(mode: 0, group: nil))
          _ = try? file.removeTemporary(name)
        }
      }
    }
  }
}

/// `assetit-tokend clean-up`: does it for the unit, and says in the journal what it has done.
///
/// - Returns: `unavailable` where something is left.
package func cleanUp(environment: [String: String]) -> ExitStatus {
  SignalQueue.ignorePipe()
  let stream = JournalStream.ofStandardError(environment["JOURNAL_STREAM"])
  guard let log = try? OperatorLog(stream, level: .info, dropped: { _ in }) else { return .unavailable }
  defer { log.finish() }
  do throws(SystemError) {
    let folder = ConfigurationLoader.fromEnvironment(environment).runtimeDirectory
    let outcome = try CleanUp.run(folder: folder, serviceResult: environment["SERVICE_RESULT"])
    if !outcome.removed.isEmpty { log.write { [.cleanedUp(outcome.removed)] } }
    for failure in outcome.failures { log.write { [.cleanUpFailed("\(failure)")] } }
    return outcome.failures.isEmpty ? .ok : .unavailable
  } catch {
    log.write { [.cleanUpFailed("\(error)")] }
    return .unavailable
  }
}
