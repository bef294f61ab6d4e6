internal import Glibc

extension PublishedFile {
  /// The file, open for being emptied later, if it is this one.
  package func opened(ifIs identity: FileIdentity) -> PublishedInode? {
    guard let folder = try? Folder(containing: path) else { return nil }
    let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let raw = openat(folder.descriptor.raw, Folder.name(of: path), flags)
    guard raw >= 0 else { return nil }
    let file = OwnedFD(raw)
    var status = stat()
    guard fstat(raw, &status) == 0, FileIdentity(status) == identity else { return nil }
    return PublishedInode(file, path: path, identity: identity)
  }
}
