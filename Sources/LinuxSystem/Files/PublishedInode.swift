internal import Glibc

/// A file that was published, held open: a bind mount or an open descriptor may show it after its path leads to another.
package struct PublishedInode: ~Copyable, Sendable {
  package let identity: FileIdentity
  private let path: String
  private let file: OwnedFD

  init(_ file: consuming OwnedFD, path: String, identity: FileIdentity) {
    self.file = file
    self.path = path
    self.identity = identity
  }

  /// Takes its content away wherever the file is still to be seen.
  package func empty() throws(SystemError) {
    let raw = file.raw
    try retrying("empty", path) { ftruncate(raw, 0) }
  }
}
