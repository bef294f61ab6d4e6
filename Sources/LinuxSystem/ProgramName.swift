internal import Glibc

/// What a process runs, for messages; anybody may give a program any name, so it proves nothing.
package enum ProgramName {
  /// The executable's path (`/proc/PID/exe`, proc(5)); where only root may see it (another user's process), the name
  /// that the process goes by (`/proc/PID/comm`); `nil` where the process has ended.
  package static func ofProcess(_ pid: Int32) -> String? {
    executable(of: pid) ?? name(of: pid)
  }

  private static func executable(of pid: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func name(of pid: Int32) -> String? {
    let descriptor = open("/proc/\(pid)/comm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &buffer, buffer.count)
    // A newline follows the name.
    return count > 1 ? String(decoding: buffer[..<(count - 1)], as: UTF8.self) : nil
  }
}
