import FoundationEssentials
import Testing

/// An answer over HTTP, taken apart.
struct Response: Sendable {
  let status: Int
  /// Names in lower case.
  let headers: [String: String]
  let body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }

  /// What is at a key of a JSON object, as text; numbers and booleans too.
  subscript(key: String) -> String? {
    (try? JSONDecoder().decode([String: Loose].self, from: Data(body)))?[key]?.text
  }

  var code: String? { self["code"] }

  private struct Loose: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else if let flag = try? container.decode(Bool.self) {
        text = "\(flag)"
      } else {
        text = nil
      }
    }
  }
}

extension Wire {
  func ask(
    _ method: String, _ target: String, _ headers: [String] = ["Host: localhost"], body: String? = nil
  ) throws {
    let length = body.map { ["Content-Length: \($0.utf8.count)"] } ?? []
    try send(
      (["\(method) \(target) HTTP/1.1"] + headers + length).joined(separator: "\r\n") + "\r\n\r\n"
        + (body ?? ""))
  }

  func responseHead() throws -> (status: Int, headers: [String: String]) {
    let head = try #require(try read(until: "\r\n\r\n"), "the connection ended without an answer")
    let lines = head.split(separator: "\r\n")
    let status = try #require(Int(lines[0].dropFirst("HTTP/1.1 ".count).prefix(3)), "\(lines[0])")
    let headers = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (line[..<colon].lowercased(), String(line[colon...].dropFirst(2)))
    }
    return (status, Dictionary(headers, uniquingKeysWith: { $0 + ", " + $1 }))
  }

  /// `hasBody`: false for the answer to a HEAD.
  func response(hasBody: Bool = true) throws -> Response {
    let (status, headers) = try responseHead()
    let length = try #require(headers["content-length"].flatMap { Int($0) }, "no Content-Length")
    let body = hasBody ? try #require(try read(length), "half an answer") : []
    return Response(status: status, headers: headers, body: body)
  }
}
