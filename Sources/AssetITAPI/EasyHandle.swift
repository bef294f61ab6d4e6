internal import CCurl
internal import Glibc
internal import TokenCore

/// One easy handle (libcurl-easy(3)) with the memory that it points at.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private let body: RequestBody
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// Of the header lines that are sent, in their order.
  private(set) var headerNames: [String] = []

  /// Takes over `body`, which is sent by POST.
  ///
  /// - Throws: `.unusableSetting` where libcurl takes no handle or no error text.
  init(sending body: consuming RequestBody) throws(ExchangeFailure) {
    guard CurlLibrary.isUsable, let raw = curl_easy_init() else { throw Self.refused(CURLE_FAILED_INIT) }
    self.raw = raw
    self.body = body
    errorText = .allocate(capacity: ccurl_error_size)
    errorText.initialize(repeating: 0, count: ccurl_error_size)
    try set(CURLOPT_ERRORBUFFER, to: errorText)
    try check(ccurl_set_close_on_exec(raw))
    try set(CURLOPT_POST, 1)
    try set(CURLOPT_POSTFIELDS, to: self.body.bytes.baseAddress)
    try check(ccurl_set_offset(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(self.body.bytes.count)))
  }

  deinit {
    curl_easy_cleanup(raw)
    for line in sequence(first: headers, next: { $0?.pointee.next }).prefix(while: { $0 != nil }) {
      if let text = line?.pointee.data {
        UnsafeMutableRawBufferPointer(start: text, count: strlen(text)).wipe()
      }
    }
    curl_slist_free_all(headers)
    errorText.deallocate()
  }

  /// What libcurl says about a failure; it may hold parts of the settings and of the answer.
  var reason: String { String(cString: errorText) }

  func set(_ option: CURLoption, _ value: Int) throws(ExchangeFailure) {
    try check(ccurl_set_long(raw, option, value))
  }

  /// `nil` takes a default back. A string ends before its first NUL, so there must be none in it.
  func set(_ option: CURLoption, _ value: String?) throws(ExchangeFailure) {
    guard let value else { return try check(ccurl_set_string(raw, option, nil)) }
    guard !value.utf8.contains(0) else { throw Self.refused(CURLE_BAD_FUNCTION_ARGUMENT) }
    try check(ccurl_set_string(raw, option, value))
  }

  func set(_ option: CURLoption, to memory: UnsafeMutableRawPointer?) throws(ExchangeFailure) {
    try check(ccurl_set_pointer(raw, option, memory))
  }

  func set(_ option: CURLoption, _ receiver: ccurl_receiver) throws(ExchangeFailure) {
    try check(ccurl_set_receiver(raw, option, receiver))
  }

  /// Milliseconds from 1 to a month: to libcurl 0 would mean no limit.
  func set(_ option: CURLoption, _ limit: Duration) throws(ExchangeFailure) {
    try set(option, Int(min(max(limit.nanoseconds / 1_000_000, 1), 2_000_000_000)))
  }

  /// Lines of the header; a name and a colon alone keep libcurl from sending that one.
  func set(headers lines: [String], _ secret: [RequestHeader]) throws(ExchangeFailure) {
    let sent = lines.filter { !$0.hasSuffix(":") }.map { String($0.prefix { $0 != ":" }) }
    headerNames = ["User-Agent", "Accept-Encoding"] + sent + secret.map(\.name)
    for line in lines { try append(Array(line.utf8) + [0]) }
    for header in secret {
      var line: [UInt8] = []
      line.reserveCapacity(header.name.utf8.count + header.value.count + 3)
      line += header.name.utf8
      line += ": ".utf8
      header.value.withBytes { for index in $0.indices { line.append($0[index]) } }
      line.append(0)
      defer { line.wipe() }
      try append(line)
    }
    try set(CURLOPT_HTTPHEADER, to: headers)
  }

  /// Takes a line with a NUL at its end.
  private func append(_ line: [UInt8]) throws(ExchangeFailure) {
    let longer = line.withUnsafeBytes {
      curl_slist_append(headers, $0.bindMemory(to: CChar.self).baseAddress)
    }
    guard let longer else { throw Self.refused(CURLE_OUT_OF_MEMORY) }
    headers = longer
  }

  /// 0 where libcurl doesn't know.
  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return ccurl_get_long(raw, info, &value) == CURLE_OK ? value : 0
  }

  /// 0 where libcurl doesn't know.
  func offset(_ info: CURLINFO) -> curl_off_t {
    var value: curl_off_t = 0
    return ccurl_get_offset(raw, info, &value) == CURLE_OK ? value : 0
  }

  /// `nil` where libcurl doesn't know.
  func string(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard ccurl_get_string(raw, info, &value) == CURLE_OK, let value else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  func set(_ listener: ccurl_listener) throws(ExchangeFailure) {
    try check(ccurl_set_listener(raw, listener))
  }

  private func check(_ code: CURLcode) throws(ExchangeFailure) {
    guard code == CURLE_OK else { throw Self.refused(code) }
  }

  private static func refused(_ code: CURLcode) -> ExchangeFailure {
    .unusableSetting(
      reason: "libcurl refuses the request (\(String(cString: curl_easy_strerror(code)))): check"
        + " [profiles.NAME.api] and that libcurl is 7.87 or later")
  }
}
