package import TokenCore

/// One step of a change on disk.
package enum FileChange: Equatable, Sendable {
  /// Makes a file that isn't there.
  case create(path: String, content: Secret, FileOwner)
  /// Replaces a file that is there.
  case replace(path: String, content: Secret, FileOwner)
  case remove(path: String)

  package var path: String {
    switch self {
    case .create(let path, _, _), .replace(let path, _, _), .remove(let path): path
    }
  }
}

extension FileChange {
  /// What goes behind "would".
  package var plan: String {
    switch self {
    case .create: "write \(place)"
    case .replace: "replace \(place)"
    case .remove: "remove \(place)"
    }
  }

  package var done: String {
    switch self {
    case .create: "wrote \(place)"
    case .replace: "replaced \(place)"
    case .remove: "removed \(place)"
    }
  }

  private var place: String {
    switch self {
    case .create(let path, _, let owner), .replace(let path, _, let owner):
      "\(path) (mode 0\(String(owner.mode, radix: 8)))"
    case .remove(let path): path
    }
  }
}
