internal import CSystemd
internal import Glibc

/// What systemd is doing with a unit.
package enum UnitJob: Equatable, Sendable {
  case restart
  /// Another job, or none.
  case other
  /// Not run by systemd, or it can't be asked.
  case unknown

  /// Asks systemd over the system bus for the job of the unit that this process is the main process of
  /// (org.freedesktop.systemd1(5)). It may wait for long: a bus that accepts connections and never answers is waited for
  /// whatever the limit of a question says, so have a thread do it that may hang.
  package static func ofThisProcess() -> UnitJob {
    var bus: OpaquePointer?
    guard sd_bus_open_system(&bus) >= 0, let bus else { return .unknown }
    // Nothing is left to be flushed, and a bus that is stuck must not be waited for.
    defer { sd_bus_close_unref(bus) }
    sd_bus_set_method_call_timeout(bus, 500_000)
    guard let unit = unitPath(), let job = jobPath(of: unit, bus) else { return .unknown }
    if job == "/" { return .other }
    guard let type = text("JobType", of: job, "org.freedesktop.systemd1.Job", bus) else { return .unknown }
    return type == "restart" || type == "try-restart" ? .restart : .other
  }

  private static func unitPath() -> String? {
    var unit: UnsafeMutablePointer<CChar>?
    guard sd_pid_get_unit(0, &unit) >= 0, let unit else { return nil }
    defer { free(unit) }
    var path: UnsafeMutablePointer<CChar>?
    guard sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0, let path else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// `/` where the unit has no job.
  private static func jobPath(of unit: String, _ bus: OpaquePointer) -> String? {
    var reply: OpaquePointer?
    let result = sd_bus_get_property(
      bus, "org.freedesktop.systemd1", unit, "org.freedesktop.systemd1.Unit", "Job", nil, &reply, "(uo)")
    guard result >= 0, let reply else { return nil }
    defer { sd_bus_message_unref(reply) }
    var id: UInt32 = 0
    var path: UnsafePointer<CChar>?
    guard csystemd_read_job(reply, &id, &path) > 0, let path else { return nil }
    return String(cString: path)
  }

  private static func text(
    _ property: String, of path: String, _ interface: String, _ bus: OpaquePointer
  ) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    let result = sd_bus_get_property_string(
      bus, "org.freedesktop.systemd1", path, interface, property, nil, &value)
    guard result >= 0, let value else { return nil }
    defer { free(value) }
    return String(cString: value)
  }
}
