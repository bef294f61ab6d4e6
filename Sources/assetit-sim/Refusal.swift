/// A request that is not granted: the status, and the sentence that goes into the body.
struct Refusal: Error, Equatable {
  let status: Int
  let reason: String
  var headers: [Answer.Header] = []

  init(_ status: Int, _ reason: String, headers: [Answer.Header] = []) {
    self.status = status
    self.reason = reason
    self.headers = headers
  }

  var answer: Answer {
    // The reasons are JSON strings as they are but for quotation marks, backslashes and control characters.
    let text = reason.map { $0 == "\"" || $0 == "\\" || $0.isASCII && $0 < " " ? "'" : $0 }
    var answer = Answer(status, contentType: "application/json", body: "{\"error\":\"\(String(text))\"}".utf8)
    answer.headers += headers
    return answer
  }
}
