/// curl's command line around the arguments of the user (curl(1)).
struct CurlArguments {
  private let given: [String]

  init(_ given: [String]) {
    self.given = given
  }

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
    let first = given.prefix(1).filter { $0 == "-q" || $0 == "--disable" }
    var command = ["curl"] + first + own
    for argument in given.dropFirst(first.count) {
      command.append(argument)
      // Options before it don't hold for what is after it.
      if argument == "--next" || argument == "-:" { command += own }
    }
    return command
  }

  /// Whether the same command can be run twice with the same outcome as once.
  ///
  /// - Parameter isInputKept: standard input can be read from the start again.
  func isRepeatable(isInputKept: Bool) -> Bool {
    (isInputKept || !readsInput) && !given.contains { Self.growing.contains($0) }
  }

  /// They make something of a file that is there already, which the first run may have written.
  private static let growing = ["-C", "--continue-at", "--no-clobber", "--remove-on-error"]

  private var readsInput: Bool {
    given.contains { argument in
      argument == "-" || argument == "." || argument.hasSuffix("@-") || argument.hasSuffix("<-")
        || ["-T-", "-T.", "-K-", "--upload-file=-", "--upload-file=.", "--config=-"].contains(argument)
    }
  }

  /// Whether a redirect may have been the answer to something that was done.
  var sendsData: Bool {
    let short = ["-d", "-F", "-T", "-X"]
    let long = ["--data", "--form", "--upload-file", "--request", "--json", "--url-query"]
    return given.contains { argument in
      if argument.hasPrefix("--") { return long.contains { argument.hasPrefix($0) } }
      return short.contains { argument.hasPrefix($0) }
    }
  }
}
