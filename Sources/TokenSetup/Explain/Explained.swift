package import AssetITAPI
internal import FoundationEssentials
package import TokenCore

/// An exchange told to an operator, as text or as JSON. It holds nothing of a token or of the secret: the trace has
/// none, and of the result only durations are taken.
package struct Explained {
  private let profile: String
  private let trace: ExchangeTrace
  private let next: NextStep
  private let advice: [Advice]

  package init(_ profile: ProfileConfiguration, _ trace: ExchangeTrace) {
    self.profile = profile.name
    self.trace = trace
    next = NextStep(after: trace.result, profile.refresh)
    advice = Advice.of(trace, profile.exchange)
  }

  // MARK: text

  package var text: String {
    [sent, way, answer, token, verdict, suggestions].filter { !$0.isEmpty }.map(Self.printable)
      .joined(separator: "\n\n")
  }

  /// What may help; `nil` if nothing comes to mind.
  package var help: String? { suggestions.isEmpty ? nil : Self.printable(suggestions) }

  /// Names and shapes come from the service.
  private static func printable(_ lines: [String]) -> String {
    lines.map { Printable.text($0) }.joined(separator: "\n")
  }

  private var sent: [String] {
    guard let request = trace.request else { return ["SENT", "  nothing"] }
    return [
      "SENT", "  \(request.method) \(request.url)",
      "  fields  \(request.headerNames.joined(separator: ", "))",
      "  body    \(request.body)",
    ]
  }

  private var way: [String] {
    guard let way = trace.connection else { return [] }
    var lines = ["THE WAY"]
    if let address = way.address {
      let protocols = [way.httpVersion.map { "HTTP/\($0)" }, way.tlsVersion, way.cipher].compactMap { $0 }
      lines.append("  address      \(address) port \(way.port ?? 0)  \(protocols.joined(separator: ", "))")
    }
    if let certificate = way.certificate {
      lines += [
        certificate.subject.map { "  certificate  \($0)" }, certificate.issuer.map { "  issued by    \($0)" },
        certificate.notAfter.map { "  good until   \($0)" },
      ].compactMap { $0 }
    }
    let times: [(String, Duration?)] = [
      ("name", way.times.nameLookup), ("connect", way.times.connect), ("TLS", way.times.tls),
      ("first byte", way.times.firstByte), ("all", way.times.total),
    ]
    let shown = times.compactMap { name, time in time.map { "\(name) \(Self.milliseconds($0))" } }
    return lines + ["  time         \(shown.joined(separator: ", "))"]
  }

  private var answer: [String] {
    guard let answer = trace.answer else { return ["ANSWER", "  none"] }
    var lines = ["ANSWER", "  HTTP status \(answer.status)"]
    lines += answer.headers.map { "  \($0.name): \($0.value ?? "…")" }
    if let message = answer.message { lines.append("  the service says: \(message)") }
    lines.append("  body: \(answer.bodyLength) bytes, \(Self.kind(answer.body))")
    if case .json(let places) = answer.body {
      lines += places.map { place in
        "    \(place.pointer.isEmpty ? "(all of it)" : place.pointer)  \(place.kind)"
          + (place.looksLikeToken ? "  <- looks like a JWT" : "")
      }
    }
    if let date = answer.date {
      let lead = trace.localTime - Double(date)
      lines.append(
        "  the service's clock: \(Timestamp.text(Double(date))); this host's is \(Self.lead(lead)) that")
    }
    return lines
  }

  private var token: [String] {
    guard let token = trace.token else {
      return trace.otherPlaces.isEmpty
        ? [] : ["TOKEN", "  not where it was looked for; something like one lies at \(places)"]
    }
    var lines = [
      "TOKEN", "  at \(token.place.isEmpty ? "the whole body" : token.place), \(token.length) characters",
    ]
    lines += token.claims.map { "  \($0.name): \($0.kind)" + ($0.value.map { " \($0)" } ?? "") }
    if let lifetime = token.claimedLifetime { lines.append("  exp - iat: \(Self.time(.seconds(lifetime)))") }
    if let expiresIn = token.expiresIn { lines.append("  expires_in beside it: \(expiresIn)") }
    if !trace.otherPlaces.isEmpty { lines.append("  something like a JWT lies at \(places), too") }
    return lines
  }

  private var verdict: [String] {
    switch trace.result {
    case .success(let grant):
      let begin =
        grant.validAfter > .zero
        ? "would wait \(Self.time(grant.validAfter)) until it is valid (nbf)" : "would publish it"
      return ["THE DAEMON", "  \(begin), for \(Self.time(grant.lifetime)); next request \(window)"]
        + grant.remarks.map { "  remark: \($0)" }
    case .failure(let failure):
      return [
        "THE DAEMON", "  has no token: \(failure)",
        "  would try again \(window) (\(failure.failureClass.name))",
      ]
    }
  }

  private var suggestions: [String] {
    guard !advice.isEmpty else { return [] }
    var lines = ["WHAT MAY HELP"]
    for item in advice {
      lines.append("  # \(item.reason)")
      var table: Advice.Table?
      for line in item.lines {
        if line.table != table { lines.append("  [\(section(line.table))]") }
        table = line.table
        lines.append("  \(line.text)")
      }
    }
    return lines
  }

  private func section(_ table: Advice.Table) -> String {
    "profiles.\(profile)" + (table == .profile ? "" : ".\(table.rawValue)")
  }

  private var places: String { trace.otherPlaces.joined(separator: ", ") }

  private var window: String {
    let (earliest, latest) = (Self.time(next.earliest), Self.time(next.latest))
    return earliest == latest ? "in \(earliest)" : "in \(earliest) to \(latest)"
  }

  private static func kind(_ body: ExchangeTrace.Body) -> String {
    switch body {
    case .empty: "empty"
    case .page(let title): "a page for browsers" + (title.map { ", \"\($0)\"" } ?? "")
    case .json: "JSON"
    case .text(let looksLikeToken): "text" + (looksLikeToken ? " that looks like a JWT" : "")
    case .unreadable: "neither text nor JSON"
    }
  }

  private static func lead(_ seconds: Double) -> String {
    let whole = Duration.seconds(Int64(seconds.magnitude.rounded()))
    return whole < .seconds(2) ? "the same as" : "\(time(whole)) \(seconds > 0 ? "ahead of" : "behind")"
  }

  /// From a second on in whole seconds.
  private static func time(_ duration: Duration) -> String {
    DurationText.format(
      duration < .seconds(1)
        ? .milliseconds(Int64(duration.inSeconds * 1_000)) : .seconds(duration.components.seconds))
  }

  private static func milliseconds(_ duration: Duration) -> String {
    "\(Int64((duration.inSeconds * 1_000).rounded())) ms"
  }
}

// MARK: JSON

extension Explained: Encodable {
  /// One line, keys sorted, with a newline.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  private enum Key: String, CodingKey {
    case profile, sent, method, url, headers, body, connection, address, port, http, tls, cipher, certificate,
      subject
    case issuer, answer, status, name, value, length, kind, places, pointer, message, token, place, claims,
      daemon
    case publishes, error, advice, reason, lines, table, text
    case notBefore = "not_before"
    case notAfter = "not_after"
    case nameLookup = "name_lookup_ms"
    case connect = "connect_ms"
    case handshake = "tls_ms"
    case firstByte = "first_byte_ms"
    case total = "total_ms"
    case looksLikeToken = "looks_like_token"
    case date, expiresIn = "expires_in"
    case localTime = "local_time"
    case claimedLifetime = "claimed_lifetime"
    case otherPlaces = "other_places"
    case lifetime = "lifetime_s"
    case earliest = "next_request_earliest_s"
    case latest = "next_request_latest_s"
    case failureClass = "class"
  }

  private typealias Fields = KeyedEncodingContainer<Key>

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(profile, forKey: .profile)
    try encodeExchange(&fields)
    try encodeAnswer(&fields)
    try encodeToken(&fields)
    try encodeDaemon(&fields)
    var list = fields.nestedUnkeyedContainer(forKey: .advice)
    for item in advice {
      var entry = list.nestedContainer(keyedBy: Key.self)
      try entry.encode(item.reason, forKey: .reason)
      var lines = entry.nestedUnkeyedContainer(forKey: .lines)
      for line in item.lines {
        var fields = lines.nestedContainer(keyedBy: Key.self)
        try fields.encode(section(line.table), forKey: .table)
        try fields.encode(line.text, forKey: .text)
      }
    }
  }

  private func encodeExchange(_ fields: inout Fields) throws {
    if let request = trace.request {
      var sent = fields.nestedContainer(keyedBy: Key.self, forKey: .sent)
      try sent.encode(request.method, forKey: .method)
      try sent.encode(request.url, forKey: .url)
      try sent.encode(request.headerNames, forKey: .headers)
      try sent.encode(request.body, forKey: .body)
    }
    guard let way = trace.connection else { return }
    var connection = fields.nestedContainer(keyedBy: Key.self, forKey: .connection)
    try connection.encode(way.address, forKey: .address)
    try connection.encode(way.port, forKey: .port)
    try connection.encode(way.httpVersion, forKey: .http)
    try connection.encode(way.tlsVersion, forKey: .tls)
    try connection.encode(way.cipher, forKey: .cipher)
    let times: [(Key, Duration?)] = [
      (.nameLookup, way.times.nameLookup), (.connect, way.times.connect), (.handshake, way.times.tls),
      (.firstByte, way.times.firstByte), (.total, way.times.total),
    ]
    for (key, time) in times { try connection.encode(time.map { $0.inSeconds * 1_000 }, forKey: key) }
    guard let found = way.certificate else { return }
    var certificate = connection.nestedContainer(keyedBy: Key.self, forKey: .certificate)
    try certificate.encode(found.subject, forKey: .subject)
    try certificate.encode(found.issuer, forKey: .issuer)
    try certificate.encode(found.notBefore, forKey: .notBefore)
    try certificate.encode(found.notAfter, forKey: .notAfter)
  }

  private func encodeAnswer(_ fields: inout Fields) throws {
    try fields.encode(trace.localTime, forKey: .localTime)
    guard let came = trace.answer else { return }
    var answer = fields.nestedContainer(keyedBy: Key.self, forKey: .answer)
    try answer.encode(came.status, forKey: .status)
    try answer.encode(came.date, forKey: .date)
    try answer.encode(came.message, forKey: .message)
    var headers = answer.nestedUnkeyedContainer(forKey: .headers)
    for header in came.headers {
      var entry = headers.nestedContainer(keyedBy: Key.self)
      try entry.encode(header.name, forKey: .name)
      try entry.encode(header.value, forKey: .value)
    }
    var body = answer.nestedContainer(keyedBy: Key.self, forKey: .body)
    try body.encode(came.bodyLength, forKey: .length)
    try body.encode(Self.kind(came.body), forKey: .kind)
    guard case .json(let found) = came.body else { return }
    var places = body.nestedUnkeyedContainer(forKey: .places)
    for place in found {
      var entry = places.nestedContainer(keyedBy: Key.self)
      try entry.encode(place.pointer, forKey: .pointer)
      try entry.encode(place.kind, forKey: .kind)
      try entry.encode(place.looksLikeToken, forKey: .looksLikeToken)
    }
  }

  private func encodeToken(_ fields: inout Fields) throws {
    try fields.encode(trace.otherPlaces, forKey: .otherPlaces)
    guard let found = trace.token else { return }
    var token = fields.nestedContainer(keyedBy: Key.self, forKey: .token)
    try token.encode(found.place, forKey: .place)
    try token.encode(found.length, forKey: .length)
    try token.encode(found.claimedLifetime, forKey: .claimedLifetime)
    try token.encode(found.expiresIn, forKey: .expiresIn)
    var claims = token.nestedUnkeyedContainer(forKey: .claims)
    for claim in found.claims {
      var entry = claims.nestedContainer(keyedBy: Key.self)
      try entry.encode(claim.name, forKey: .name)
      try entry.encode(claim.kind, forKey: .kind)
      try entry.encode(claim.value, forKey: .value)
    }
  }

  private func encodeDaemon(_ fields: inout Fields) throws {
    var daemon = fields.nestedContainer(keyedBy: Key.self, forKey: .daemon)
    try daemon.encode(next.isPublished, forKey: .publishes)
    try daemon.encode(next.lifetime?.inSeconds, forKey: .lifetime)
    try daemon.encode(next.earliest.inSeconds, forKey: .earliest)
    try daemon.encode(next.latest.inSeconds, forKey: .latest)
    try daemon.encode(next.failureClass?.name, forKey: .failureClass)
    if case .failure(let failure) = trace.result { try daemon.encode("\(failure)", forKey: .error) }
  }
}
