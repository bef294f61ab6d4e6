internal import CLinux
internal import Glibc

/// What a process does to itself at its start.
package enum ProcessLimits {
  /// No core dumps and no ptrace by others of this user: memory holds secrets (prctl(2), setrlimit(2)).
  ///
  /// - Throws: where the kernel refuses.
  package static func forbidDumps() throws(SystemError) {
    try retrying("forbid core dumps of", "this process") { clinux_set_dumpable(0) }
    var none = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    // A unit with LimitCORE=0 has no need of the call, which its filter may forbid.
    if getrlimit(resource, &none) == 0, none.rlim_max == 0 { return }
    none = rlimit(rlim_cur: 0, rlim_max: 0)
    try retrying("forbid core dumps of", "this process") {
      setrlimit(resource, &none)
    }
  }

  /// Raises the soft limit of descriptors to the hard one.
  ///
  /// - Returns: the limit that is in force now.
  @discardableResult
  package static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    let soft = limit.rlim_cur
    if soft == limit.rlim_max { return Int(clamping: soft) }
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(resource, &limit) == 0 else { return Int(clamping: soft) }
    return Int(clamping: limit.rlim_cur)
  }
}
