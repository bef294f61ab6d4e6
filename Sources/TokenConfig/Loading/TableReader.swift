internal import TokenCore

/// Reads one TOML table: each getter notes its key as known, and notes a problem where the value isn't what
/// it must be (and then returns `nil`, as it does where there is no value).
final class TableReader {
  let path: SettingPath
  let problems: ProblemList
  private let nodes: [String: TOMLNode]
  private var known: [String] = []

  init(_ nodes: [String: TOMLNode], path: SettingPath, problems: ProblemList) {
    self.nodes = nodes
    self.path = path
    self.problems = problems
  }

  /// In alphabetical order, for tables whose keys are the operator's.
  var keys: [String] { nodes.keys.sorted() }

  func has(_ key: String) -> Bool { nodes[key] != nil }

  func report(_ key: String, _ text: String) {
    problems.add(path.appending(key).text, text)
  }

  /// Of an element of the list at the key.
  func report(_ key: String, _ index: Int, _ text: String) {
    problems.add(path.appending(key).appending(index).text, text)
  }

  func isTable(_ key: String) -> Bool {
    if case .table? = nodes[key] { true } else { false }
  }

  /// The value at the key, which is known from now on.
  func node(_ key: String) -> TOMLNode? {
    known.append(key)
    return nodes[key]
  }

  func string(_ key: String) -> String? {
    switch node(key) {
    case .string(let text)?: return text
    case let other?: report(key, "must be a string, not \(other.typeName)")
    case nil: break
    }
    return nil
  }

  /// A string that passes `check`, which returns what is wrong with it: the end of a sentence that must not
  /// quote it.
  func string(_ key: String, check: (String) -> String?) -> String? {
    guard let text = string(key) else { return nil }
    guard let fault = check(text) else { return text }
    report(key, fault)
    return nil
  }

  func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
    let value: Double
    switch node(key) {
    case .integer(let number)?: value = Double(number)
    case .float(let number)?: value = number
    case let other?:
      report(key, "must be a number, not \(other.typeName)")
      return nil
    case nil: return nil
    }
    guard range.contains(value) else {
      report(key, "must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
      return nil
    }
    return value
  }

  func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
    let text: String
    switch node(key) {
    case .string(let string)?: text = string
    case .integer?, .float?:
      report(key, "must be a string with a unit, such as \"90s\" or \"5m\", not a number")
      return nil
    case let other?:
      report(key, "must be a string such as \"90s\", not \(other.typeName)")
      return nil
    case nil: return nil
    }
    do {
      let value = try DurationText.parse(text)
      if range.contains(value) { return value }
      let bounds = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
      report(key, "must be between \(bounds.0) and \(bounds.1), not \(DurationText.format(value))")
    } catch {
      report(key, "\(error), not \(Quoted.text(text))")
    }
    return nil
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Choice? {
    guard let text = string(key) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    report(key, "must be one of \(all), not \(Quoted.text(text))")
    return nil
  }

  /// Octal permission bits; `problem` says why a mode isn't allowed here.
  func mode(_ key: String, problem: (UInt32) -> String?) -> UInt32? {
    switch node(key) {
    case .string(let text)?:
      guard let mode = FileMode.parse(text) else {
        report(key, "must be three or four octal digits such as \"0640\", not \(Quoted.text(text))")
        return nil
      }
      guard let fault = problem(mode) else { return mode }
      report(key, "\(fault), as \(Quoted.text(text)) does")
    case .integer?, .float?: report(key, "must be a string such as \"0640\", not a number")
    case let other?: report(key, "must be a string such as \"0640\", not \(other.typeName)")
    case nil: break
    }
    return nil
  }

  /// An absolute path.
  func absolutePath(_ key: String) -> String? {
    string(key) { text in
      guard text.hasPrefix("/") else { return "must be an absolute path, beginning with \"/\"" }
      guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        return "must not hold control characters"
      }
      guard !text.hasSuffix("/"), !text.hasSuffix("/."), !text.hasSuffix("/..") else {
        return "must name a file, not a folder"
      }
      return nil
    }
  }

  /// The name or number of a group.
  func accountName(_ key: String) -> String? {
    switch node(key) {
    case .string(let text)?: return text
    case .integer(let number)?: return String(number)
    case let other?: report(key, "must be a group's name, not \(other.typeName)")
    case nil: break
    }
    return nil
  }

  func boolean(_ key: String) -> Bool? {
    switch node(key) {
    case .boolean(let value)?: return value
    case let other?: report(key, "must be true or false, without quotation marks, not \(other.typeName)")
    case nil: break
    }
    return nil
  }

  /// A list of strings; numbers stand for their digits where `numbers` says so.
  func strings(_ key: String, numbers: Bool = false) -> [(index: Int, text: String)] {
    switch node(key) {
    case .array(let elements)?:
      return elements.enumerated().compactMap { index, element in
        switch element {
        case .string(let text): return (index, text)
        case .integer(let number) where numbers: return (index, String(number))
        default:
          report(key, index, "must be a string, not \(element.typeName)")
          return nil
        }
      }
    case let other?: report(key, "must be a list of strings, not \(other.typeName)")
    case nil: break
    }
    return []
  }

  /// The table at the key; an empty one where there is none.
  func table(_ key: String) -> TableReader { table(key, problems) }

  /// The table at the key, whose problems stand together, however late they come.
  func section(_ key: String) -> TableReader { table(key, problems.section()) }

  private func table(_ key: String, _ problems: ProblemList) -> TableReader {
    let place = path.appending(key)
    switch node(key) {
    case .table(let nodes)?: return TableReader(nodes, path: place, problems: problems)
    case let other?: problems.add(place.text, "must be a table, as in [\(place.text)], not \(other.typeName)")
    case nil: break
    }
    return TableReader([:], path: place, problems: problems)
  }

  /// The list of tables at the key; `nil` where there is none.
  func tables(_ key: String) -> [TableReader]? {
    let place = path.appending(key)
    switch node(key) {
    case .array(let elements)?:
      return elements.enumerated().compactMap { index, element in
        let place = place.appending(index)
        guard case .table(let nodes) = element else {
          problems.add(place.text, "must be a table, not \(element.typeName)")
          return nil
        }
        return TableReader(nodes, path: place, problems: problems)
      }
    case let other?: report(key, "must be a list of tables, as in [[\(place.text)]], not \(other.typeName)")
    case nil: return nil
    }
    return []
  }

  /// Notes a problem where more than one of the keys is there.
  func onlyOne(of keys: [String]) {
    let given = keys.filter(has)
    guard let last = given.last, given.count > 1 else { return }
    let others = given.dropLast().joined(separator: " and ")
    report(last, "\(others) \(given.count > 2 ? "are" : "is") given as well: keep one of them")
  }

  /// How many unknown keys of one table are named. A table with more isn't one that was mistyped.
  private static let mostUnknown = 20

  /// Notes every key that no getter asked for.
  func finish() {
    let unknown = keys.filter { !known.contains($0) }
    for key in unknown.prefix(Self.mostUnknown) {
      let nearest = NearestKey.of(key, among: known.filter { !has($0) })
      report(key, "unknown key" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
    let others = unknown.count - Self.mostUnknown
    if others > 0 { problems.add(path.text.isEmpty ? nil : path.text, "\(others) more unknown keys") }
  }
}
