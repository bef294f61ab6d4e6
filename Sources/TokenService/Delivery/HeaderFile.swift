import DaemonCore
import LinuxSystem
import TokenCore

/// One file through which readers get a header. It knows until when what is in it may be read, which is not
/// always the newest token: a full disk leaves the old one there, and that one goes when its own time comes.
struct HeaderFile {
  /// What came of bringing the file up to date.
  enum Outcome: Equatable {
    case unchanged
    /// Written or removed, as it should be. `afterFailures`: tries in vain before.
    case done(afterFailures: Int)
    /// Another try at `retryAt`. `count`: failures in a row.
    case failed(reason: String, count: Int, retryAt: BootTime)
  }

  private static let retries = RefreshPolicy.fileRetries

  let configuration: FileConfiguration
  private var wanted: Header?
  /// When to write `wanted`; `nil`: it is in the file.
  private var writeAt: BootTime?
  /// When to remove what is in the file; `nil`: nothing is.
  private var removeAt: BootTime?
  private var failures = BackOff()

  /// Until it is written, whatever is there was left by a killed process and is to go.
  init(_ configuration: FileConfiguration) {
    self.configuration = configuration
    removeAt = BootTime(nanoseconds: 0)
  }

  /// When ``update(now:random:)`` has something to do.
  var dueAt: BootTime? { [writeAt, removeAt].compactMap { $0 }.min() }

  /// Writes the header, unless it is there already.
  mutating func publish(_ header: Header, now: BootTime, random: inout some RandomNumberGenerator) -> Outcome
  {
    if wanted == header, writeAt == nil { return .unchanged }
    wanted = header
    writeAt = now
    return update(now: now, random: &random)
  }

  mutating func withdraw(now: BootTime, random: inout some RandomNumberGenerator) -> Outcome {
    forget()
    removeAt = removeAt.map { _ in now }
    return update(now: now, random: &random)
  }

  /// Writes what is still to be written, and removes what has ended even where writing fails.
  mutating func update(now: BootTime, random: inout some RandomNumberGenerator) -> Outcome {
    if let wanted, wanted.deadline <= now { forget() }
    let isWriteDue = isDue(writeAt, now)
    let writing = isWriteDue ? write() : nil
    let isRemovalDue = isDue(removeAt, now)
    let removing = isRemovalDue ? remove() : nil
    if let reason = writing ?? removing {
      let next = now + failures.next(Self.retries, random: &random)
      if writing != nil { writeAt = next }
      if removing != nil { removeAt = next }
      return .failed(reason: reason, count: failures.steps, retryAt: next)
    }
    guard isWriteDue || isRemovalDue, writeAt == nil else { return .unchanged }
    defer { failures.reset() }
    return .done(afterFailures: failures.steps)
  }

  private func isDue(_ time: BootTime?, _ now: BootTime) -> Bool {
    time.map { $0 <= now } ?? false
  }

  /// - Returns: why it failed.
  private mutating func write() -> String? {
    guard let wanted else { return nil }
    do {
      let content = try wanted.rendered(for: configuration)
      // After a restart it is there already, and whoever watches the file needn't look.
      if file.holds(content) == nil { try file.replace(with: content) }
      writeAt = nil
      removeAt = wanted.deadline
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// - Returns: why it failed.
  private mutating func remove() -> String? {
    do throws(SystemError) {
      try file.remove()
      removeAt = nil
      return nil
    } catch {
      return "\(error)"
    }
  }

  private mutating func forget() {
    wanted = nil
    writeAt = nil
  }

  private var file: PublishedFile {
    PublishedFile(
      path: configuration.path,
      ownership: Ownership(mode: configuration.mode, group: configuration.group?.id))
  }
}

extension RefreshPolicy {
  /// A file that can't be written is tried again after 1 s, 2 s … 30 s.
  fileprivate static var fileRetries: RefreshPolicy {
    var policy = RefreshPolicy()
    policy.retryMax = .seconds(30)
    return policy
  }
}
