import Glibc

/// The user's own configuration of curl, which may hold any option (curl(1), --config).
enum OwnConfiguration {
  /// The first that there is, or that can't be looked for. Versions differ in where they look, so all places count.
  static func path(_ variable: (String) -> String?) -> String? {
    let home = getpwuid(geteuid()).flatMap { entry in entry.pointee.pw_dir.map { String(cString: $0) } }
    let homes = [variable("HOME"), home].compactMap { $0 }
    let folders =
      [variable("CURL_HOME"), variable("XDG_CONFIG_HOME")].compactMap { $0 } + homes
      + homes.map { $0 + "/.config" }
    for folder in folders {
      for name in [".curlrc", "_curlrc", "curlrc"] {
        let path = "\(folder)/\(name)"
        var status = stat()
        if lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR) { return path }
      }
    }
    return nil
  }
}
