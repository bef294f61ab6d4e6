internal import CLinux
internal import Glibc

/// Whether the kernel hears of every change in a file system.
package enum FileSystemKind: Equatable, Sendable {
  /// All changes are made through this kernel.
  case local
  /// Another host or a process may change it and the kernel isn't told, so inotify(7) sees only some.
  case remote

  /// The kind of file system at `path` (statfs(2)).
  ///
  /// - Throws: where there is nothing at the path, or it can't be looked at.
  package init(of path: String) throws(SystemError) {
    var status = statfs()
    try retrying("look at the file system of", path) { statfs(path, &status) }
    self = Self.remoteMagic.contains(UInt32(truncatingIfNeeded: status.f_type)) ? .remote : .local
  }

  /// NFS, SMB1 to 3 (three numbers), FUSE, Ceph, AFS (two), OCFS2, GFS2, Lustre, 9P, Coda, VirtualBox's shared folders,
  /// GPFS, BeeGFS, NetWare (linux/magic.h, statfs(2)).
  private static let remoteMagic: Set<UInt32> = [
    0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x6573_5546, 0x00C3_6400, 0x5346_414F, 0x6B41_4653, 0x7461_636F,
    0x0116_1970, 0x0BD0_0BD0, 0x0102_1997, 0x7375_7245, 0x786F_4256, 0x4750_4653, 0x1983_0326, 0x564C,
  ]
}
