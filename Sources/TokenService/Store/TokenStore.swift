import FoundationEssentials
import LinuxSystem
import Systemd
import TokenCore

/// Keeps tokens and listening sockets in systemd's descriptor store, so that a restart, an upgrade or a crash
/// takes nothing from readers.
///
/// A token's name is `PROFILE.GENERATION`: the new one is added before the old one is removed, so that a process
/// that is killed in between leaves one of them. A socket's name is its path, which begins with a slash as no
/// profile's name does.
struct TokenStore {
  private let store = DescriptorStore()
  private let bootID: String
  /// Of the token that is stored for each profile.
  private var generations: [String: Int] = [:]

  init(bootID: String) {
    self.bootID = bootID
  }

  /// What was found at the start, sorted out.
  struct Found {
    /// By profile.
    var tokens: [String: StoredToken] = [:]
    /// Sockets that an earlier process of this service made, by path.
    var sockets: [String: DescriptorStore.Passed] = [:]
    /// Sockets that systemd made for a socket unit: by path and by name.
    var activated: [(path: String, passed: DescriptorStore.Passed)] = []
    /// The files that hold a token, usable or not.
    var files: Set<String> = []
    /// Why something was not used.
    var refused: [String] = []
  }

  /// Takes everything that systemd passed. Tokens that can't be used any more are given up.
  mutating func take(now: BootTime) -> Found {
    var found = Found()
    for passed in store.takePassed() {
      if let path = ListeningSocket.boundPath(of: passed.descriptor) {
        if passed.name == Self.socketName(path) {
          found.sockets[path] = passed
        } else {
          found.activated.append((path, passed))
        }
      } else if let generation = Self.generation(in: passed.name) {
        takeToken(passed, generation, now, &found)
      } else {
        store.remove(name: passed.name)
        found.refused.append("\(passed.name) is neither a listening Unix socket nor a token")
      }
    }
    return found
  }

  private mutating func takeToken(
    _ passed: DescriptorStore.Passed, _ name: (profile: String, number: Int), _ now: BootTime,
    _ found: inout Found
  ) {
    let token = SealedMemory.contents(of: passed.descriptor, limit: StoredToken.limit).flatMap {
      try? JSONDecoder().decode(StoredToken.self, from: Data($0))
    }
    found.files.formUnion(token?.files ?? [])
    guard let token, token.profile == name.profile, token.heldToken(bootID: bootID, now: now) != nil else {
      store.remove(name: passed.name)
      return found.refused.append(
        "the token \(passed.name) has expired, is from before a boot, or is damaged")
    }
    let other = generations[name.profile]
    guard (other ?? -1) < name.number else { return store.remove(name: passed.name) }
    if let other { store.remove(name: "\(name.profile).\(other)") }
    generations[name.profile] = name.number
    found.tokens[name.profile] = token
  }

  func heldToken(_ stored: StoredToken, now: BootTime) -> HeldToken? {
    stored.heldToken(bootID: bootID, now: now)
  }

  /// - Throws: where there is no memory or descriptor for it; what is stored stays as it is.
  mutating func keep(
    _ held: HeldToken, of profile: Profile, key: Secret
  ) throws {
    let stored = StoredToken(
      held, profile: profile.name, bootID: bootID, fingerprint: profile.tokenFingerprint, key: key,
      files: profile.files.map(\.configuration.path))
    var bytes = Array(try JSONEncoder().encode(stored))
    defer { bytes.wipe() }
    let name = profile.name
    let (old, new) = (generations[name], (generations[name] ?? 0) + 1)
    store.add(try SealedMemory.make(name: "assetit-token", holding: bytes), name: "\(name).\(new)")
    if let old { store.remove(name: "\(name).\(old)") }
    generations[name] = new
  }

  mutating func giveUp(_ profile: String) {
    guard let generation = generations.removeValue(forKey: profile) else { return }
    store.remove(name: "\(profile).\(generation)")
  }

  func keep(_ socket: borrowing ListeningSocket) {
    store.add(socket.descriptor, name: Self.socketName(socket.path))
  }

  func giveUp(socketAt path: String) {
    store.remove(name: Self.socketName(path))
  }

  /// A colon separates names where systemd passes them, and a name is printable ASCII (sd_listen_fds(3)).
  static func socketName(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "%")
      return isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  private static func generation(in name: String) -> (profile: String, number: Int)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return nil }
    return (String(parts[0]), number)
  }
}

extension TokenStore.Found {
  /// Removes the files that hold a token, but for those that are kept.
  func removeFiles(except kept: Set<String> = []) {
    for path in files.subtracting(kept) {
      // One that can't be removed is told by nobody, since nothing says any more whose it is.
      try? PublishedFile(path: path, ownership: Ownership(mode: 0, group: nil)).remove()
    }
  }

  /// Takes back all that an earlier process left for this one, which can't start.
  func withdraw() {
    removeFiles()
    for path in sockets.keys { ListeningSocket.removePath(path) }
  }
}
