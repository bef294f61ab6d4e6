internal import CCurl
internal import Glibc
internal import TokenCore

/// One request with its answer, on the transfer thread: a libcurl handle and the memory that it points at.
final class Transfer {
  typealias Completion = @Sendable (Result<HTTPAnswer, TokenClientError>) -> Void
  /// Takes a piece of the body; says false to end the transfer.
  typealias Receiver = @Sendable ([UInt8]) -> Bool

  let handle: UnsafeMutableRawPointer
  let completion: Completion
  private let request: HTTPRequest
  private let receiver: Receiver?
  private let silence: Duration?
  private var answer = HTTPAnswer()
  private var headSize = 0
  private var isOversized = false
  private var lastHeard = ContinuousClock.now
  private var fields: UnsafeMutablePointer<curl_slist>?
  private let body: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - receiver: takes the body of an answer of 200, which is not kept then.
  ///   - silence: how long nothing may come.
  /// - Throws: where libcurl takes no handle or not one of its settings.
  init(
    _ request: HTTPRequest, receiver: Receiver?, silence: Duration?, completion: @escaping Completion
  ) throws(TokenClientError) {
    guard let handle = curl_easy_init() else {
      throw .connection(path: request.socketPath, reason: "libcurl has no memory for it")
    }
    self.handle = handle
    self.request = request
    self.receiver = receiver
    self.silence = silence
    self.completion = completion
    body = .allocate(byteCount: request.body.count, alignment: 1)
    body.copyBytes(from: request.body)
    try configure()
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(fields)
    body.wipe()
    body.deallocate()
  }

  /// When it is over unless something comes; `nil`: never.
  var deadline: ContinuousClock.Instant? {
    silence.map { lastHeard + (answer.status == 0 ? request.timeout : $0) }
  }

  /// What the transfer that ended with this code brought.
  func result(_ code: CURLcode) -> Result<HTTPAnswer, TokenClientError> {
    code == CURLE_OK ? .success(answer) : .failure(failure(code))
  }

  /// What it came to where its ``deadline`` passed.
  var silenceFailure: TokenClientError {
    .timedOut(after: answer.status == 0 ? request.timeout : silence ?? request.timeout)
  }

  private func failure(_ code: CURLcode) -> TokenClientError {
    let path = request.socketPath
    if isOversized { return .connection(path: path, reason: "the answer is too long") }
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(after: request.timeout)
    case CURLE_COULDNT_CONNECT:
      var number = 0
      ccurl_get_long(handle, CURLINFO_OS_ERRNO, &number)
      switch Int32(number) {
      case ENOENT, ECONNREFUSED, ENOTDIR: return .notRunning(path: path)
      case EACCES, EPERM: return .noPermission(path: path)
      case 0: break
      default: return .connection(path: path, reason: String(cString: strerror(Int32(number))))
      }
    default: break
    }
    return .connection(path: path, reason: String(cString: curl_easy_strerror(code)))
  }

  private func configure() throws(TokenClientError) {
    guard 1...107 ~= request.socketPath.utf8.count, !request.socketPath.utf8.contains(0) else {
      throw .invalidArgument(reason: "the path of a socket has 1 to 107 bytes (unix(7)), unlike this one")
    }
    try set(CURLOPT_UNIX_SOCKET_PATH, request.socketPath)
    try set(CURLOPT_URL, "http://localhost\(request.path)")
    try set(CURLOPT_PROTOCOLS_STR, "http")
    // Whatever proxies the environment names, this goes to the socket.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_NETRC, ccurl_netrc_ignored)
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_USERAGENT, "assetit-token/\(Release.version)")
    // The daemon closes a connection that is idle for a minute.
    try set(CURLOPT_MAXAGE_CONN, 45)
    let limit = Int(min(max(request.timeout.wholeMilliseconds, 1), 2_000_000_000))
    try set(CURLOPT_CONNECTTIMEOUT_MS, min(limit, 5_000))
    if silence == nil { try set(CURLOPT_TIMEOUT_MS, limit) }
    try check(ccurl_set_close_on_exec(handle))
    try setBody()
    try setReceivers()
  }

  private func setBody() throws(TokenClientError) {
    for field in request.fields + ["Expect:"] {
      guard let longer = curl_slist_append(fields, field) else { return try check(CURLE_OUT_OF_MEMORY) }
      fields = longer
    }
    if request.method == .post {
      guard let longer = curl_slist_append(fields, "Content-Type: text/plain") else {
        return try check(CURLE_OUT_OF_MEMORY)
      }
      fields = longer
      try set(CURLOPT_POST, 1)
      try check(ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress))
      try check(ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    }
    try check(ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, fields))
  }

  private func setReceivers() throws(TokenClientError) {
    // The handle doesn't outlive this object, and libcurl calls only while the handle is driven.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try check(ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context))
    try check(ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context))
    try check(
      ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        Transfer.receive(bytes, size * count, context) { $0.add(body: $1) }
      })
    try check(
      ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        Transfer.receive(bytes, size * count, context) { $0.add(headLine: $1) }
      })
  }

  private func add(headLine bytes: UnsafeRawBufferPointer) -> Bool {
    headSize += bytes.count
    isOversized = isOversized || headSize > HTTPAnswer.limit
    let text = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    let line = String(decoding: text, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      answer = HTTPAnswer(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      answer.fields[line[..<colon].lowercased()] = String(value)
    }
    return !isOversized
  }

  private func add(body bytes: UnsafeRawBufferPointer) -> Bool {
    if let receiver, answer.status == 200 { return receiver(Array(bytes)) }
    isOversized = isOversized || answer.body.count + bytes.count > HTTPAnswer.limit
    if !isOversized { answer.body += bytes }
    return !isOversized
  }

  /// Returns another number than `length` to make libcurl stop.
  private static func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ length: Int, _ context: UnsafeMutableRawPointer?,
    _ add: (Transfer, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    transfer.lastHeard = .now
    return add(transfer, UnsafeRawBufferPointer(start: bytes, count: length)) ? length : length &+ 1
  }

  private func set(_ option: CURLoption, _ value: Int) throws(TokenClientError) {
    try check(ccurl_set_long(handle, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(TokenClientError) {
    try check(ccurl_set_string(handle, option, value))
  }

  private func check(_ code: CURLcode) throws(TokenClientError) {
    guard code == CURLE_OK else {
      throw .connection(
        path: request.socketPath,
        reason: "libcurl refuses the request: \(String(cString: curl_easy_strerror(code)))")
    }
  }
}
