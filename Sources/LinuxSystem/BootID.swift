internal import Glibc

/// Names this boot of the machine: what was noted on the boot-time clock under another one means nothing now.
package enum BootID {
  /// `/proc/sys/kernel/random/boot_id` (random(4)); empty where it can't be read.
  package static func current() -> String {
    guard let file = try? OwnedFD("open", "the boot id", { open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC) })
    else { return "" }
    var bytes = [UInt8](repeating: 0, count: 36)
    let count = read(file.raw, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
