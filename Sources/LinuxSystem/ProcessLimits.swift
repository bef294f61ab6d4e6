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

  /// Keeps the heap small, however many threads come and go: by default glibc gives each one an arena of its own, of which
  /// it returns little (mallopt(3)). Call it before there are threads.
  package static func boundHeap() { clinux_bound_heap(2, 128 << 10) }

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

  /// Leaves this process what it needs to compute with what it has: no root, no new privileges, no dumps, so many bytes of
  /// address space and seconds of processor time. Where the host runs out of memory it is the first to go.
  ///
  /// - Returns: whether all of it is in force.
  package static func confineToComputing(memory: UInt, processorSeconds: UInt) -> Bool {
    // Root without the capability to become another user can do nothing with being root either.
    if geteuid() == 0 {
      setgroups(0, nil)
      setgid(nobody)
      setuid(nobody)
    }
    let score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    if score >= 0 {
      _ = Array("1000".utf8).withUnsafeBytes { write(score, $0.baseAddress, $0.count) }
      close(score)
    }
    guard clinux_set_no_new_privileges() == 0, (try? forbidDumps()) != nil else { return false }
    return lower(RLIMIT_AS, to: memory) && lower(RLIMIT_CPU, to: processorSeconds)
  }

  /// The user and group that own nothing (systemd's nobody).
  private static let nobody: UInt32 = 65_534

  private static func lower(_ resource: __rlimit_resource, to value: UInt) -> Bool {
    var limit = rlimit()
    let resource = __rlimit_resource_t(resource.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return false }
    let value = min(limit.rlim_max, rlim_t(value))
    limit = rlimit(rlim_cur: value, rlim_max: value)
    return setrlimit(resource, &limit) == 0
  }
}
