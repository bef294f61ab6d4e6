extension Faults {
  private static let loginPage = """
    <!DOCTYPE html>
    <html><head><title>Log in</title></head><body><form method="post"><input name="user"></form></body></html>

    """

  /// What ends the connection without an answer.
  var ending: Plan.Act? {
    if hang == true { return .hang }
    if reset == true { return .reset }
    return close == true ? .close : nil
  }

  /// The answer that takes the place of whatever the credentials would have brought; `nil`: none does.
  func replacement(random: inout SeededRandom) -> Answer? {
    let status = status ?? (redirect == nil ? 200 : 302)
    let type = contentType?.text
    var answer: Answer
    if let body {
      answer = Answer(status, contentType: type ?? "text/plain", body: body.utf8)
    } else if garbage == true {
      answer = Answer(status, contentType: type ?? "application/octet-stream", body: random.bytes(256))
    } else if let oversized {
      answer = Answer(status, contentType: type ?? "text/plain", body: repeatElement(0x41, count: oversized))
    } else if html == true {
      answer = Answer(status, contentType: type ?? "text/html; charset=utf-8", body: Self.loginPage.utf8)
    } else if status >= 300 {
      answer = Refusal(status, "a fault is in force").answer
    } else {
      return nil
    }
    answer.add("Location", redirect?.text)
    return answer
  }

  /// What this service asks of a request beside the credentials.
  ///
  /// - Throws: ``Refusal``: 415, 400 or 403.
  func judge(_ body: AuthenticateBody, _ request: Request) throws(Refusal) {
    if requireForm == true, !body.isForm { throw Refusal(415, "a form is wanted") }
    for (name, value) in requireFields ?? [:] where body.fields[name] != value {
      throw Refusal(400, "the field \(name) is missing or another one")
    }
    for (name, value) in requireHeaders ?? [:] where request.headers[name] != value {
      throw Refusal(403, "the header \(name) is missing or another one")
    }
  }

  /// The answer that brings `token`.
  func grant(_ token: String) -> Answer {
    let shape = shape ?? (expiresIn == nil ? .bare : .object)
    return Answer(
      status ?? 200, contentType: contentType?.text ?? shape.contentType,
      body: shape.wrap(token, expiresIn: expiresIn).utf8)
  }

  /// Puts the headers that faults change on any answer.
  func decorate(_ answer: inout Answer) {
    answer.add("Retry-After", retryAfter?.text)
    answer.add("Age", age?.text)
    if let encoding {
      answer.body = encoding.wrap(answer.body)
      answer.add("Content-Encoding", encoding.rawValue)
    }
    answer.isCut = cut == true
    answer.dateSkew = noDate == true ? nil : dateSkew ?? 0
  }
}
