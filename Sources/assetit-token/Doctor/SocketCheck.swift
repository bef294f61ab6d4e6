import Glibc

/// May this user connect to a socket?
enum SocketCheck {
  static func run(_ path: String, _ what: String) -> Finding {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == EACCES {
        return .wrong("\(what): a folder above \(path) is closed to this user: chmod a+x it", .noPermission)
      }
      return .wrong(
        "\(what): there is no \(path): is the daemon running? systemctl status assetit-tokend", .unavailable)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      return .wrong("\(what): \(path) is no socket: move it away and restart the daemon", .unavailable)
    }
    // Connecting takes the right to write (unix(7)).
    if access(path, W_OK) == 0 { return .ok("\(what): this user may open \(path)") }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? "\(status.st_gid)"
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    return .wrong(
      "\(what): only members of the group \(group) may open \(path): usermod -aG \(group) \(user), then log in"
        + " again", .noPermission)
  }
}
