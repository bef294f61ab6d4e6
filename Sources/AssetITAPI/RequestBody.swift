internal import TokenCore

/// The request's body. It stays at one place in memory while libcurl sends it and is overwritten at its end.
struct RequestBody: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ fields: RequestFields) {
    // An array that grows leaves copies of the secret behind.
    var written: [UInt8] = []
    written.reserveCapacity(fields.capacity)
    fields.write(into: &written)
    bytes = .allocate(byteCount: written.count, alignment: 1)
    bytes.copyBytes(from: written)
    written.wipe()
  }

  deinit {
    bytes.wipe()
    bytes.deallocate()
  }
}

/// What the body says: client ID, client secret, and the fixed fields.
struct RequestFields: Sendable {
  private enum Value {
    case secret(Secret)
    case extra(ExtraField)
  }

  private let fields: [(name: String, value: Value)]
  private let secretField: String
  let format: RequestFormat

  /// - Throws: `.credentialsUnavailable` where the client ID or secret is no UTF-8, and `.unusableSetting`
  ///   where two fields have one name.
  init(_ credentials: Credentials, _ settings: ExchangeSettings) throws(ExchangeFailure) {
    let names = [settings.clientIDField, settings.clientSecretField]
    guard names[0] != names[1] else {
      throw .unusableSetting(
        reason: "client_id_field and client_secret_field have the same name: give them different ones")
    }
    if let name = names.first(where: { settings.extraFields[$0] != nil }) {
      throw .unusableSetting(
        reason:
          "extra_fields holds \(name), which is the name of client_id_field or client_secret_field: leave it out"
      )
    }
    try Self.check(credentials.clientID, "client ID")
    try Self.check(credentials.clientSecret, "client secret")
    var fields = settings.extraFields.map { (name: $0.key, value: Value.extra($0.value)) }
    fields.append((names[0], .secret(credentials.clientID)))
    fields.append((names[1], .secret(credentials.clientSecret)))
    self.fields = fields.sorted { $0.name < $1.name }
    secretField = names[1]
    format = settings.body
  }

  private static func check(_ secret: Secret, _ name: String) throws(ExchangeFailure) {
    let isText = secret.withBytes { bytes in
      bytes.withUnsafeBufferPointer { buffer in
        var (parser, iterator) = (Unicode.UTF8.ForwardParser(), buffer.makeIterator())
        while true {
          switch parser.parseScalar(from: &iterator) {
          case .valid: continue
          case .emptyInput: return true
          case .error: return false
          }
        }
      }
    }
    guard isText else {
      throw .credentialsUnavailable(
        reason: "the \(name) is no UTF-8 text: make sure that it is copied as it was shown")
    }
  }

  /// Enough for every byte to be escaped.
  var capacity: Int {
    fields.reduce(16) { sum, field in
      let length =
        switch field.value {
        case .secret(let secret): secret.count
        case .extra(.string(let text)): text.utf8.count
        case .extra(.integer), .extra(.boolean): 20
        }
      return sum + 6 * (field.name.utf8.count + length) + 8
    }
  }

  /// As the body is sent, but for `…` in the secret's place.
  var redacted: String {
    var text: [UInt8] = []
    write(into: &text, isRedacted: true)
    return String(decoding: text, as: UTF8.self)
  }

  fileprivate func write(into body: inout [UInt8], isRedacted: Bool = false) {
    for (index, field) in fields.enumerated() {
      switch format {
      case .json:
        body += (index == 0 ? "{" : ",").utf8
        Self.quote(field.name.utf8, into: &body)
        body += ":".utf8
      case .form:
        body += (index == 0 ? "" : "&").utf8
        Self.encode(field.name.utf8, into: &body)
        body += "=".utf8
      }
      if isRedacted, field.name == secretField {
        body += (format == .json ? "\"…\"" : "…").utf8
      } else {
        write(field.value, into: &body)
      }
    }
    if format == .json { body += "}".utf8 }
  }

  private func write(_ value: Value, into body: inout [UInt8]) {
    switch (value, format) {
    case (.secret(let secret), .json):
      secret.withBytes { $0.withUnsafeBufferPointer { Self.quote($0, into: &body) } }
    case (.secret(let secret), .form):
      secret.withBytes { $0.withUnsafeBufferPointer { Self.encode($0, into: &body) } }
    case (.extra(.string(let text)), .json): Self.quote(text.utf8, into: &body)
    case (.extra(.string(let text)), .form): Self.encode(text.utf8, into: &body)
    case (.extra(.integer(let integer)), _): body += "\(integer)".utf8
    case (.extra(.boolean(let boolean)), _): body += "\(boolean)".utf8
    }
  }

  /// A JSON string (RFC 8259 section 7).
  private static func quote(_ text: some Sequence<UInt8>, into body: inout [UInt8]) {
    body.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): body += [UInt8(ascii: "\\"), byte]
      case 0x08: body += #"\b"#.utf8
      case 0x09: body += #"\t"#.utf8
      case 0x0A: body += #"\n"#.utf8
      case 0x0C: body += #"\f"#.utf8
      case 0x0D: body += #"\r"#.utf8
      case 0..<0x20: body += #"\u00"#.utf8 + hexadecimal(byte)
      default: body.append(byte)
      }
    }
    body.append(UInt8(ascii: "\""))
  }

  /// The encoding of forms (application/x-www-form-urlencoded, WHATWG URL section 5.2).
  private static func encode(_ text: some Sequence<UInt8>, into body: inout [UInt8]) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        body.append(byte)
      case UInt8(ascii: " "): body.append(UInt8(ascii: "+"))
      default: body += [UInt8(ascii: "%")] + hexadecimal(byte)
      }
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
