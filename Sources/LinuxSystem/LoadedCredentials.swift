/// What a unit loads as credentials: `LoadCredential=` and `LoadCredentialEncrypted=` (systemd.exec(5)).
package struct LoadedCredentials: Equatable, Sendable {
  /// A file that systemd would take a credential from.
  package enum Source: Equatable, Sendable {
    case plain(String)
    /// By systemd-creds(1), under the credential's name.
    case encrypted(String)

    package var path: String {
      switch self {
      case .plain(let path), .encrypted(let path): path
      }
    }
  }

  private struct Entry: Equatable {
    let name: String
    let path: String
    let isEncrypted: Bool
  }

  private var entries: [Entry] = []

  /// - Parameter unitText: the unit and its drop-ins, as `systemctl cat` shows them. (`systemctl show` doesn't print
  ///   these settings.)
  package init(unitText: String) {
    for line in unitText.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, ["LoadCredential", "LoadCredentialEncrypted"].contains(parts[0]) else {
        continue
      }
      let value = parts[1].filter { $0 != "\"" && !$0.isWhitespace }
      guard !value.isEmpty else {
        // An empty value takes back all that was said before, in either setting.
        entries = []
        continue
      }
      let fields = value.split(separator: ":", maxSplits: 1)
      guard fields.count == 2, fields[1].hasPrefix("/") else { continue }
      entries.append(
        Entry(name: String(fields[0]), path: String(fields[1]), isEncrypted: parts[0].hasSuffix("Encrypted")))
    }
  }

  /// Where a credential of this name may come from: a file of its own, or one in a folder that is loaded whole.
  package func sources(of name: String) -> [Source] {
    entries.compactMap { entry in
      let path: String
      if entry.name == name {
        path = entry.path
      } else if name.hasPrefix(entry.name + "_") {
        path = entry.path + "/" + name.dropFirst(entry.name.count + 1)
      } else {
        return nil
      }
      return entry.isEncrypted ? .encrypted(path) : .plain(path)
    }
  }
}
