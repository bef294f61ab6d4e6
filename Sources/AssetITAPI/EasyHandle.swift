internal import CCurl
internal import TokenCore

/// One easy handle (libcurl-easy(3)) with the memory that it points at.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private let body: RequestBody
  private var headers: UnsafeMutablePointer<curl_slist>?

  /// Takes over `body`, which is sent by POST.
  ///
  /// - Throws: `.unusableSetting` where libcurl takes no handle or no error text.
  init(sending body: consuming RequestBody) throws(ExchangeFailure) {
    guard let raw = curl_easy_init() else { throw Self.refused(CURLE_FAILED_INIT) }
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
  func set(headers lines: [String]) throws(ExchangeFailure) {
    for line in lines {
      guard let longer = curl_slist_append(headers, line) else { throw Self.refused(CURLE_OUT_OF_MEMORY) }
      headers = longer
    }
    try set(CURLOPT_HTTPHEADER, to: headers)
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

  private func check(_ code: CURLcode) throws(ExchangeFailure) {
    guard code == CURLE_OK else { throw Self.refused(code) }
  }

  private static func refused(_ code: CURLcode) -> ExchangeFailure {
    .unusableSetting(
      reason: "libcurl refuses the request (\(String(cString: curl_easy_strerror(code)))): check"
        + " [profiles.NAME.api] and that libcurl is 7.87 or later")
  }
}
