internal import Glibc

/// Names this boot of the machine: what was noted on the boot-time clock under another one means nothing now.
package enum BootID {
  /// `/proc/sys/kernel/random/boot_id` (random(4)), in 32 hexadecimal digits. A unit with `ProcSubset=pid` doesn't
  /// see that file; it passes the same in `$ASSETIT_BOOT_ID`, from systemd's specifier `%b`.
  ///
  /// - Returns: an empty text where neither is there.
  package static func current(environment: [String: String]) -> String {
    if let passed = environment["ASSETIT_BOOT_ID"], !passed.isEmpty { return passed }
    guard
      let file = try? OwnedFD(
        "open", "the boot id", { open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC) })
    else { return "" }
    var bytes = [UInt8](repeating: 0, count: 36)
    let count = read(file.raw, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
  }
}
