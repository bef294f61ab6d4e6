/// The statuses of the answers that curl got, from what `--dump-header` writes.
struct AnswerHeads {
  private(set) var statuses: [Int] = []
  private var line: [UInt8] = []

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        endLine()
      } else if line.count < 64 {
        line.append(byte)
      }
    }
  }

  private mutating func endLine() {
    let text = String(decoding: line, as: UTF8.self)
    line = []
    guard text.hasPrefix("HTTP/") else { return }
    let parts = text.split(separator: " ")
    if parts.count > 1, let status = Int(parts[1].prefix(3)) { statuses.append(status) }
  }

  /// Whether nothing but refusals has come, and what led to them: then nothing has been done, and doing it all
  /// again does nothing twice.
  ///
  /// - Parameter sendsData: 301, 302 and 303 may tell of something that was done.
  func isRefusal(sendsData: Bool) -> Bool {
    statuses.contains(401)
      && statuses.allSatisfy { status in
        switch status {
        case 401, 100..<200, 307, 308: true
        case 300..<400: !sendsData
        default: false
        }
      }
  }

  /// Whether the last answer was a refusal, whatever came before it.
  var endsRefused: Bool { statuses.last { $0 >= 200 } == 401 }

  /// Nothing has come yet that rules a second run out.
  func mayBecomeRefusal(sendsData: Bool) -> Bool {
    statuses.isEmpty || AnswerHeads(statuses + [401]).isRefusal(sendsData: sendsData)
  }

  init(_ statuses: [Int] = []) {
    self.statuses = statuses
  }
}
