internal import Glibc
internal import LinuxSystem
internal import TokenConfig
internal import TokenCore

/// What `setup` and `rotate` do first: they hold secrets, and write where only root may.
enum OperatorProcess {
  static func prepare(_ configuration: String) throws(OperatorFailure) {
    SignalQueue.ignorePipe()
    // Files get their modes explicitly; nothing is open to others in between.
    umask(0o077)
    guard configuration != Site.packagedPath || geteuid() == 0 else {
      throw OperatorFailure(.noPermission, "only root may change \(configuration): run it with sudo")
    }
    do throws(SystemError) {
      try ProcessLimits.forbidDumps()
    } catch {
      throw OperatorFailure(error)
    }
  }

  /// What is there, and the lock that keeps it so.
  static func take(_ configuration: String) throws(OperatorFailure) -> (Site, SettingLock) {
    do throws(SystemError) {
      let site = try Site(configuration: configuration)
      let lock = try SettingLock(folder: site.folder, cleaning: [site.folder, site.secretsFolder])
      return (site, lock)
    } catch {
      throw OperatorFailure(error)
    }
  }

  static func write(_ changes: [FileChange]) throws(OperatorFailure) {
    do throws(FileTransaction.Failure) {
      try FileTransaction.perform(changes)
    } catch {
      throw OperatorFailure(error.cause.isPermission ? .noPermission : .unavailable, "\(error)")
    }
  }
}

extension Site {
  /// ``load(_:_:)`` with a failure that ends the command.
  func loaded(_ text: ConfigurationText, _ loader: ConfigurationLoader) throws(OperatorFailure)
    -> Configuration
  {
    do throws(ConfigurationProblems) {
      return try load(text, loader)
    } catch {
      throw OperatorFailure(.configuration, "\(error)")
    }
  }
}

/// Where a secret comes from that isn't in place yet.
enum SecretEntry {
  private static let limit = 1 << 17

  /// - Parameter file: `-`: standard input; `nil`: the terminal, or standard input where there is none.
  /// - Throws: ``OperatorFailure`` (64) where there is none; ``Prompt/Failure``.
  static func read(file: String?, _ prompt: Prompt?, _ question: String) throws -> Secret {
    let (entered, source): (Secret, String)
    if let prompt, file == nil {
      (entered, source) = (try prompt.secret(question), "the secret")
    } else {
      do throws(SystemError) {
        (entered, source) = try contents(file ?? "-")
      } catch {
        throw OperatorFailure(.usage, "there is no secret: \(error)")
      }
    }
    do throws(CredentialError) {
      return try EnteredSecret.value(entered, from: source)
    } catch {
      throw OperatorFailure(.usage, "\(error)")
    }
  }

  private static func contents(_ path: String) throws(SystemError) -> (Secret, source: String) {
    let name = path == "-" ? "standard input" : path
    let file = try OwnedFD("open", name) {
      path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC)
    }
    var (bytes, count) = ([UInt8](repeating: 0, count: limit), 0)
    defer { bytes.wipe() }
    let raw = file.raw
    while count < limit {
      let room = count..<limit
      let read = try retrying("read", name) {
        bytes[room].withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
      }
      if read == 0 { break }
      count += read
    }
    return (Secret(bytes[..<count]), name)
  }
}

/// A token in words, none of them its own.
enum TokenSummary {
  static func text(_ grant: TokenGrant) -> String {
    let life = DurationText.format(.seconds(grant.lifetime.components.seconds))
    return grant.expiresAt == nil
      ? "a token that doesn't say when it ends; held for \(life)" : "a token that lives \(life)"
  }
}

extension OperatorFailure {
  init(_ error: SystemError) {
    switch error.errno {
    case EWOULDBLOCK: self.init(.busy, "another setup or rotate is at work: run it again when that has ended")
    case EACCES, EPERM: self.init(.noPermission, "\(error): run it with sudo")
    default: self.init(.unavailable, "\(error)")
    }
  }
}
