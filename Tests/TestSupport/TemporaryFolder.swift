import FoundationEssentials
import Glibc

/// A folder of the test's own, removed with everything in it when the test lets go of it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    var template = Array("/tmp/assetit-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
    path = String(cString: made)
  }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  package func names() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// What stat(2) says, without following a link.
package struct FileStatus: Equatable {
  package let mode: UInt32
  package let group: UInt32
  package let inode: UInt64

  package init?(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    mode = status.st_mode & 0o7777
    group = status.st_gid
    inode = UInt64(status.st_ino)
  }
}

package func contents(_ path: String) -> String? {
  FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
}

@discardableResult
package func write(_ text: String, to path: String) -> Bool {
  FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
}
