/// The user's arguments for curl, read as curl(1) reads them as far as they are known.
struct CurlArguments: Equatable {
  /// How standard input is used.
  enum Input: Equatable {
    case unused
    /// curl reads all of it before it sends anything.
    case whole
    /// curl sends it as it comes.
    case streamed
  }

  private let given: [String]
  /// What curl reads besides standard input.
  private(set) var readFiles: [String] = []
  private(set) var writtenFiles: [String] = []
  private(set) var input = Input.unused
  /// Whether a redirect may have been the answer to something that was done.
  private(set) var sendsData = false
  /// The first argument whose meaning isn't known: an option, never a value.
  private(set) var unknown: String?
  /// Where options end that hold for a part of the command line only: indices of `--next` and the like.
  private var partEnds: [Int] = []

  init(_ given: [String]) {
    self.given = given
    read()
  }

  /// Whether curl reads the user's own configuration (`~/.curlrc`) too.
  var readsOwnConfiguration: Bool {
    guard let first = given.first else { return true }
    return !first.hasPrefix("-q") && first != "--disable"
  }

  /// The whole command.
  ///
  /// - Parameters:
  ///   - header: the descriptor that the header is read from.
  ///   - answers: where the heads of the answers are written to; `nil`: they aren't.
  ///   - isOnTerminal: that the user's standard output is one, though curl's isn't.
  func command(header: Int32, answers: Int32?, isOnTerminal: Bool = false) -> [String] {
    let own =
      ["--header", "@/dev/fd/\(header)"]
      + (answers.map { ["--suppress-connect-headers", "--dump-header", "/dev/fd/\($0)"] } ?? [])
      + (isOnTerminal ? ["--no-progress-meter"] : [])
    // curl heeds this one in the first place only.
    var command = ["curl"] + (readsOwnConfiguration ? [] : ["-q"]) + own
    for (index, argument) in given.enumerated() {
      command.append(argument)
      if partEnds.contains(index) { command += own }
    }
    return command
  }

  private mutating func read() {
    var index = 0
    while index < given.count {
      let word = given[index]
      if word == "--" { return }
      let isKnown: Bool
      let begin = index
      if word.hasPrefix("--") {
        isKnown = readLong(String(word.dropFirst(2)), at: &index)
      } else if word.hasPrefix("-") {
        isKnown = readShort(word, at: &index)
      } else {
        isKnown = Self.isWebURL(word)
      }
      guard isKnown else {
        guess(from: begin)
        return
      }
      index += 1
    }
  }

  /// `index` moves on to the value, where there is one.
  private mutating func readLong(_ name: String, at index: inout Int) -> Bool {
    guard let option = CurlOption.long(name) else { return false }
    return take(option, name, attached: "", at: &index)
  }

  /// Letters of flags, and at most one option with a value: the rest of the word, or the next word.
  private mutating func readShort(_ word: String, at index: inout Int) -> Bool {
    var letters = word.dropFirst()
    guard !letters.isEmpty else { return false }
    while let letter = letters.popFirst() {
      guard let name = CurlOption.longName(letter), let option = CurlOption.short(letter) else {
        return false
      }
      guard take(option, name, attached: String(letters), at: &index) else { return false }
      if case .value = option { return true }
    }
    return true
  }

  private mutating func take(
    _ option: CurlOption, _ name: String, attached: String, at index: inout Int
  ) -> Bool {
    sendsData = sendsData || CurlOption.sendsData(name)
    switch option {
    case .flag: return true
    case .next:
      // What follows in the same word belongs to the next part, which the options of our own would come too late for.
      guard attached.isEmpty else { return false }
      partEnds.append(index)
      return true
    case .value(let kind):
      if !attached.isEmpty { return take(attached, as: kind) }
      index += 1
      return index < given.count && take(given[index], as: kind)
    }
  }

  private mutating func take(_ value: String, as kind: CurlOption.Value) -> Bool {
    switch kind {
    case .plain: break
    case .data, .header:
      if value.hasPrefix("@") { return readWhole(value.dropFirst()) }
    case .urlEncoded:
      if value.contains("=") { break }
      // --url-query takes what follows a plus sign as it is; --data-urlencode doesn't.
      if let at = value.firstIndex(of: "@") {
        return !value.hasPrefix("+") && readWhole(value[at...].dropFirst())
      }
    case .form: return takeForm(value)
    case .file: return readWhole(value[...])
    case .upload:
      guard !value.isEmpty, value != ".", !value.contains(where: { "{}[]".contains($0) }) else {
        return false
      }
      if Self.isInput(value) { input = .streamed } else { readFiles.append(value) }
    case .output:
      // `#1` stands for a part of the URL.
      guard !value.isEmpty, !value.contains("#") else { return false }
      if value != "-" { writtenFiles.append(value) }
    case .writeOut:
      return !value.hasPrefix("@") && !value.contains("%output{") && !value.contains("%{stderr}")
    case .cookie: return !value.hasPrefix("@") && value.contains("=")
    case .url: return Self.isWebURL(value)
    }
    return true
  }

  /// `NAME=VALUE`, `NAME=@FILE` or `NAME=<FILE`, each with a type or not.
  private mutating func takeForm(_ value: String) -> Bool {
    guard let equals = value.firstIndex(of: "=") else { return false }
    let content = value[equals...].dropFirst()
    let parts = content.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      let type = parts[1]
      guard type.hasPrefix("type="), type.allSatisfy({ $0.isLetter || $0.isNumber || "=/.+-".contains($0) })
      else { return false }
    }
    let text = parts.first ?? ""
    switch text.first {
    case "@", "<": return !text.contains(where: { ",\"\\".contains($0) }) && readWhole(text.dropFirst())
    case "(", ")": return false
    default: return !text.contains("\"")
    }
  }

  private mutating func readWhole(_ path: Substring) -> Bool {
    guard !path.isEmpty else { return false }
    if !Self.isInput(String(path)) {
      readFiles.append(String(path))
    } else if input == .unused {
      input = .whole
    }
    return true
  }

  /// Another protocol than HTTP may do something without an answer that shows it.
  private static func isWebURL(_ text: String) -> Bool {
    let url = text.lowercased()
    if url.hasPrefix("http://") || url.hasPrefix("https://") { return true }
    // Without a scheme curl goes by the host's name.
    let others = ["ftp.", "dict.", "ldap.", "imap.", "smtp.", "pop3."]
    return !url.isEmpty && !url.contains("://") && !url.hasPrefix("@")
      && !others.contains { url.hasPrefix($0) }
  }

  private static func isInput(_ path: String) -> Bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(path)
  }

  /// From an argument on whose meaning isn't known: all that matters now is that each part has the header.
  private mutating func guess(from begin: Int) {
    let word = given[begin]
    unknown = word.hasPrefix("--") ? word : String(word.prefix(2))
    partEnds = partEnds.filter { $0 < begin }
    partEnds += given.indices.filter { $0 >= begin && (given[$0] == "--next" || given[$0] == "-:") }
  }
}
