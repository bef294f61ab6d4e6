import DaemonCore
import TokenCore

/// What readers of header files get, and whose token it is.
struct FileChecker {
  /// Header files that were written and not removed, as `.published` has them.
  private(set) var published: Set<String> = []
  /// The token in each file.
  private var tokens: [String: Issued] = [:]
  /// Files that this process has written.
  private var own: Set<String> = []

  mutating func processBegan() { own = [] }

  func isOwn(_ path: String) -> Bool { own.contains(path) }

  /// The daemon has put this into the file.
  mutating func written(
    _ path: String, _ content: String, _ token: Issued?, owner: ProfileConfiguration?, _ now: BootTime
  ) -> Violation? {
    published.insert(path)
    own.insert(path)
    tokens[path] = token
    guard let token else { return Violation(.whole, "\(path) was written with something that is no token's") }
    if let owner, token.profile != owner.name {
      return Violation(.whole, "\(path) of \(owner.name) was written with a token of \(token.profile)")
    }
    let format = owner?.files.first { $0.path == path }?.format
    let prefix = format == .token ? "" : owner.map(\.exchange.headerPrefix) ?? ""
    if owner != nil, !content.hasPrefix(prefix) || content.utf8.count != prefix.utf8.count + token.length {
      return Violation(.whole, "\(path) was written with another form than it should have")
    }
    return token.endsAt <= now
      ? Violation(.expired, "a token that has ended was written to \(path)") : nil
  }

  func token(in path: String) -> Issued? { tokens[path] }

  /// The daemon is about to remove the file.
  mutating func removed(_ path: String) {
    published.remove(path)
    own.remove(path)
    tokens[path] = nil
  }

  /// Somebody else has removed or overwritten it.
  mutating func meddled(_ path: String) { tokens[path] = nil }

  /// A token that readers of the file get although it has ended.
  func ended(in path: String, _ world: World) -> Violation? {
    guard let token = tokens[path], token.endsAt <= world.now, let process = world.process,
      let wellSince = world.disk.folders[Disk.folder(of: path)]?.wellSince
    else { return nil }
    let excused = max(wellSince, process.begunAt, world.checker.resumedAt) + .seconds(1)
    guard world.now > excused || token.endsAt > excused, !process.isDraining else { return nil }
    return Violation(
      .expired, "\(path) holds a token that ended \((world.now - token.endsAt).inSeconds) s ago")
  }

  func ended(_ world: World) -> Violation? {
    // The first by name, so that a life tells the same each time.
    tokens.keys.filter { ended(in: $0, world) != nil }.min().flatMap { ended(in: $0, world) }
  }
}
