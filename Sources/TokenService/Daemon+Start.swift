import LinuxSystem
import Logging
import Systemd
import TokenConfig
import TokenCore

extension Daemon {
  /// Opens the sockets, takes over what an earlier process left with systemd, and sends the first requests. What
  /// fails here ends the daemon.
  func start() {
    let found = store.take(now: .now())
    reports.start { batch in self.assumeIsolated { $0.tell(batch) } }
    do throws(SystemError) {
      signals = try SignalReader(Self.signals, queue: executor.queue) { signal in
        self.assumeIsolated { $0.receive(signal: signal) }
      }
      for profile in configuration.profiles { try open(profile, found) }
      try openControl(found)
    } catch {
      // Files that are there may be another daemon's, which serves these paths.
      profiles = [:]
      found.withdraw()
      return end(with: error)
    }
    giveUpUnused(found)
    timer = BootTimer(queue: executor.queue) { self.assumeIsolated { $0.wake() } }
    log.log(.started(configuration))
    if !PeerProcess.hasPeerPidfd, configuration.profiles.contains(where: { !$0.socket.access.units.isEmpty })
    {
      log.log(.noPeerPidfd())
    }
    for profile in configuration.profiles { begin(profile, found.tokens[profile.name]) }
    review()
  }

  private func tell(_ batch: ReportQueue.Batch) {
    for report in batch.reports { log.log(Notice(report)) }
    if batch.leftOut > 0 { log.log(.reportsLeftOut(batch.leftOut)) }
  }

  private func open(_ profile: ProfileConfiguration, _ found: TokenStore.Found) throws(SystemError) {
    let new = Profile(profile, isReady: false)
    profiles[profile.name] = new
    let path = profile.socket.path
    let assignment = ReaderSocket.Assignment(
      profile: profile.name, board: new.board, settings: profile.socket)
    let socket: ReaderSocket
    if let activated = found.activated(for: profile) {
      let descriptor = try activated.passed.descriptor.duplicate()
      let listener = try ListeningSocket(
        adopting: descriptor, path: activated.path, ownership: profile.socket.ownership, isOwnPath: false)
      socket = ReaderSocket(listener: listener, isActivated: true, assignment)
    } else {
      socket = ReaderSocket(
        listener: try listener(at: path, profile.socket.ownership, found), isActivated: false, assignment)
      store.keep(socket.listener)
    }
    sockets[path] = socket
    server.send(.add(socket))
  }

  /// The socket that an earlier process left, if it is as the configuration wants it; else a new one.
  func listener(
    at path: String, _ ownership: Ownership, _ found: TokenStore.Found
  ) throws(SystemError) -> ListeningSocket {
    if let passed = found.sockets[path] {
      do throws(SystemError) {
        return try ListeningSocket(
          adopting: passed.descriptor.duplicate(), path: path, ownership: ownership, isOwnPath: true)
      } catch {
        log.log(.storeRefused("the socket \(path): \(error)"))
        store.giveUp(socketAt: path)
        ListeningSocket.removePath(path)
      }
    }
    return try ListeningSocket(path: path, ownership: ownership)
  }

  /// Of profiles that the configuration has no more: their sockets, tokens and files.
  private func giveUpUnused(_ found: TokenStore.Found) {
    for reason in found.refused { log.log(.storeRefused(reason)) }
    for path in found.sockets.keys where sockets[path] == nil && path != controlListener?.socket.path {
      store.giveUp(socketAt: path)
      ListeningSocket.removePath(path)
    }
    found.removeFiles(except: Set(configuration.profiles.flatMap(\.files).map(\.path)))
    for name in found.tokens.keys where profiles[name] == nil { store.giveUp(name) }
  }

  /// Serves the token of an earlier process, or asks for one.
  func begin(_ configuration: ProfileConfiguration, _ stored: StoredToken? = nil) {
    guard let profile = profiles[configuration.name] else { return }
    let held = stored.flatMap { store.heldToken($0, now: .now()) }
    var credentialsChanged = false
    if let stored, held != nil {
      profile.stamps = credentials.watchedPaths(configuration).map(FileStamp.init(path:))
      if let read = try? credentials.read(configuration) {
        let endpoint = configuration.exchange.endpoint
        credentialsChanged = !stored.isFor(read, endpoint: endpoint)
        profile.fingerprint = CredentialFingerprint(of: read, endpoint: endpoint, key: fingerprintKey)
        profile.tokenFingerprint = credentialsChanged ? nil : profile.fingerprint
      }
      log.log(.resumed(configuration.name, credentialsChanged: credentialsChanged))
    }
    handle(.started(held: held, changed: credentialsChanged ? .credentials : nil), for: profile)
    // Where nothing was published, what a killed process left goes now.
    updateFiles(of: profile) { file, now, random in file.update(now: now, random: &random) }
  }
}

extension TokenStore.Found {
  /// The activated socket for a profile: by the path it is bound to, else by the name of its descriptor.
  fileprivate func activated(
    for profile: ProfileConfiguration
  ) -> (path: String, passed: DescriptorStore.Passed)? {
    activated.first { $0.path == profile.socket.path } ?? activated.first { $0.passed.name == profile.name }
  }
}

extension ExchangeSettings {
  /// Where credentials are sent and under which names: what makes the same ones mean another token.
  var endpoint: String {
    [baseURL, authenticatePath, clientIDField, clientSecretField].joined(separator: "\n")
  }
}
