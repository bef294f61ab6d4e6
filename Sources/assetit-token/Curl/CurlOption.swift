/// An option of curl(1) whose meaning is known well enough to say that a second run sends what the first one sends.
/// Every other option makes that uncertain.
enum CurlOption: Equatable {
  /// What a value says about the request.
  enum Value: Equatable {
    /// Nothing outside of the command line.
    case plain
    /// `@FILE` is read whole, and so is standard input for `@-`; anything else is the data itself.
    case data
    /// The same where there is no `=` before the `@`.
    case urlEncoded
    /// `NAME=@FILE` and `NAME=<FILE` are read; `;` begins what only a type may follow.
    case form
    /// `@FILE` holds header lines.
    case header
    /// A file that must be there for both runs.
    case file
    /// A file, or `-` for standard input, read while it is sent.
    case upload
    case output
    /// A format; one of a file, or one that writes elsewhere, isn't known.
    case writeOut
    /// `NAME=VALUE`; a file of cookies isn't known.
    case cookie
    /// Recent versions read URLs from `@FILE`.
    case url
  }

  case flag
  /// What is before it doesn't hold for what comes after it.
  case next
  case value(Value)

  static func long(_ name: String) -> CurlOption? { longOptions[name] }

  static func short(_ letter: Character) -> CurlOption? { shortOptions[letter].flatMap(long) }

  /// Whether it makes a request that may change something, so that a redirect may be the answer to what was done.
  static func sendsData(_ name: String) -> Bool {
    switch longOptions[name] {
    case .value(.data), .value(.urlEncoded), .value(.form), .value(.upload): true
    default: ["request", "data-raw", "form-string"].contains(name)
    }
  }

  static func longName(_ letter: Character) -> String? { shortOptions[letter] }

  private static let shortOptions: [Character: String] = [
    ":": "next", "4": "ipv4", "6": "ipv6", "#": "progress-bar", "0": "http1.0", "A": "user-agent",
    "F": "form",
    "G": "get", "H": "header", "I": "head", "L": "location", "N": "no-buffer", "O": "remote-name",
    "S": "show-error", "T": "upload-file", "X": "request", "b": "cookie", "d": "data", "e": "referer",
    "f": "fail", "g": "globoff", "i": "include", "k": "insecure", "m": "max-time", "o": "output",
    "q": "disable",
    "r": "range", "s": "silent", "v": "verbose", "w": "write-out", "x": "proxy",
  ]

  private static let longOptions: [String: CurlOption] = {
    var options: [String: CurlOption] = ["next": .next]
    for name in [
      "compressed", "create-dirs", "disable", "fail", "fail-with-body", "get", "globoff", "head", "http1.0",
      "http1.1", "http2", "http2-prior-knowledge", "include", "insecure", "ipv4", "ipv6", "location",
      "no-buffer",
      "no-keepalive", "no-progress-meter", "path-as-is", "progress-bar", "remote-name", "show-error",
      "silent",
      "tcp-nodelay", "tlsv1.2", "tlsv1.3", "verbose",
    ] { options[name] = .flag }
    for name in [
      "connect-timeout", "connect-to", "data-raw", "form-string", "interface", "keepalive-time", "limit-rate",
      "max-filesize", "max-redirs", "max-time", "noproxy", "proto", "proxy", "range", "referer", "request",
      "request-target", "resolve", "retry", "retry-delay", "retry-max-time", "tls-max", "unix-socket",
      "user-agent",
    ] { options[name] = .value(.plain) }
    for name in ["data", "data-ascii", "data-binary", "json"] { options[name] = .value(.data) }
    for name in ["data-urlencode", "url-query"] { options[name] = .value(.urlEncoded) }
    options["form"] = .value(.form)
    options["header"] = .value(.header)
    options["cacert"] = .value(.file)
    options["upload-file"] = .value(.upload)
    options["output"] = .value(.output)
    options["write-out"] = .value(.writeOut)
    options["cookie"] = .value(.cookie)
    options["url"] = .value(.url)
    return options
  }()
}
