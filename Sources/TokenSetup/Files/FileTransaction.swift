internal import Glibc
package import LinuxSystem
package import TokenCore

/// Makes several changes on disk, or none.
package enum FileTransaction {
  package struct Failure: Error, CustomStringConvertible {
    package let cause: SystemError
    /// What couldn't be put back to what it was; nil: all is as it was.
    package let remains: SystemError?

    package var description: String {
      "\(cause)"
        + (remains.map { "; and what had been changed couldn't be put back (\($0))" }
          ?? "; nothing was changed")
    }
  }

  /// Writes and syncs everything first, then puts it into place in order, each in one step. Where that fails, what was
  /// done is undone.
  package static func perform(_ changes: [FileChange]) throws(Failure) {
    var undo: [FileChange] = []
    do throws(SystemError) {
      try perform(changes[...], &undo)
    } catch {
      throw Failure(cause: error, remains: revert(undo))
    }
  }

  /// Recursive, since a staged file is in no collection: it has one owner.
  private static func perform(_ changes: ArraySlice<FileChange>, _ undo: inout [FileChange])
    throws(SystemError)
  {
    var staged: [Staged] = []
    for change in changes {
      switch change {
      case .create(let path, let content, let owner):
        staged.append(Staged(file: try StagedFile.make(path, content, owner), change: change))
      case .replace(let path, let content, let owner):
        staged.append(Staged(file: try StagedFile.make(path, content, owner), change: change))
      case .remove: staged.append(Staged(file: nil, change: change))
      }
    }
    for step in staged {
      let old = Self.content(step.change.path)
      switch step.change {
      case .create(let path, _, _):
        undo.append(.remove(path: path))
        do throws(SystemError) {
          try step.publish(replaces: false)
        } catch {
          // Another's file of this name isn't ours to remove.
          if error.errno == EEXIST { undo.removeLast() }
          throw error
        }
      case .replace(let path, _, _):
        if let old { undo.append(.replace(path: path, content: old.content, old.owner)) }
        try step.publish(replaces: true)
      case .remove(let path):
        if let old { undo.append(.create(path: path, content: old.content, old.owner)) }
        try retrying("remove", path) { unlink(path) }
      }
    }
  }

  /// Newest first.
  private static func revert(_ changes: [FileChange]) -> SystemError? {
    var failure: SystemError?
    for change in changes.reversed() {
      do throws(SystemError) {
        switch change {
        case .remove(let path): if unlink(path) != 0, errno != ENOENT { throw SystemError("remove", path) }
        case .create(let path, let content, let owner), .replace(let path, let content, let owner):
          // As it was already, if the change that failed was this one.
          guard Self.content(path)?.content != content else { continue }
          var file = try StagedFile.make(path, content, owner)
          try file.publish(replaces: true)
        }
      } catch {
        failure = failure ?? error
      }
    }
    return failure
  }

  /// `nil` where there is none that can be read.
  package static func content(_ path: String) -> (content: Secret, owner: FileOwner)? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let file = OwnedFD(descriptor)
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= 8 << 20 else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    guard pread(file.raw, &bytes, bytes.count, 0) == bytes.count else { return nil }
    defer { bytes.wipe() }
    return (
      Secret(bytes), FileOwner(user: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
    )
  }

  private final class Staged {
    private var file: StagedFile?
    let change: FileChange

    init(file: consuming StagedFile?, change: FileChange) {
      self.file = file
      self.change = change
    }

    func publish(replaces: Bool) throws(SystemError) {
      try file?.publish(replaces: replaces)
    }
  }
}
