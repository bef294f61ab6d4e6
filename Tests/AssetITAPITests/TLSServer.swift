import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization

@testable import AssetITAPI

/// `openssl s_server` on an ephemeral port of 127.0.0.1, with canned answers.
final class TLSServer: Sendable {
  private let process: ChildProcess
  private let answering: WorkerThread
  let port: UInt16

  /// Answers each POST with this.
  ///
  /// - Parameter options: of s_server, beside certificate and key.
  convenience init(_ certificate: Certificate, answering answer: String, options: [String] = []) throws {
    try self.init(certificate, options: options) { request in
      guard let post = request.firstRange(of: "POST /"), request[post.lowerBound...].contains("}") else {
        return nil
      }
      return Array(answer.utf8)
    }
  }

  /// Sends what `reply` makes of all that has been read since its last reply; `nil`: not enough yet.
  init(
    _ certificate: Certificate, options: [String], reply: @escaping @Sendable (String) -> [UInt8]?
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    let process = try ChildProcess(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.file, "-key", certificate.key,
      ]
        + options)
    var text = ""
    var port: UInt16?
    while port == nil {
      let read = process.read()
      text += read
      guard !read.isEmpty else { throw ChildProcess.Failure(what: "openssl s_server: \(text)") }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      port = lines.first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last.flatMap { UInt16($0) }
    }
    guard let port else { throw ChildProcess.Failure(what: "no port") }
    self.process = process
    self.port = port
    answering = try WorkerThread(name: "server") {
      var request = ""
      while true {
        let read = process.read()
        if read.isEmpty { return }
        request += read
        guard let answer = reply(request) else { continue }
        request = ""
        process.write(answer)
      }
    }
  }

  var baseURL: String { "https://127.0.0.1:\(port)" }

  func stop() {
    process.end()
    answering.join()
    process.close()
  }
}

/// Certificates made by `openssl` in a folder of their own, which goes with them.
final class Certificates: Sendable {
  let folder: String
  /// Nil where `openssl` isn't installed.
  static let isPossible = (try? ChildProcess.run(["openssl", "version"])) != nil

  init() throws {
    var template = Array("/tmp/assetit-tls-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ChildProcess.Failure(what: "mkdtemp") }
    folder = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  func authority(_ name: String) throws -> Certificate {
    let certificate = Certificate(file: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
    try ChildProcess.run(
      ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-out", certificate.file]
        + newKey(certificate.key))
    return certificate
  }

  /// A certificate by `authority`; `dates` are two of `YYYYMMDDHHMMSSZ`.
  func server(
    _ name: String, by authority: Certificate, for subject: String, dates: (String, String)? = nil
  ) throws -> Certificate {
    let certificate = Certificate(file: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
    let request = "\(folder)/\(name).csr"
    let extensions = "\(folder)/\(name).ext"
    try ChildProcess.run(
      ["openssl", "req", "-new", "-subj", "/CN=\(name)", "-out", request] + newKey(certificate.key))
    let configuration = """
      subjectAltName = \(subject)
      [ca]
      default_ca = own
      [own]
      database = \(folder)/\(name).index
      new_certs_dir = \(folder)
      rand_serial = yes
      default_md = sha256
      policy = any
      [any]
      commonName = supplied
      """
    try Data(configuration.utf8).write(to: URL(filePath: extensions))
    try Data().write(to: URL(filePath: "\(folder)/\(name).index"))
    let days = dates.map { ["-startdate", $0.0, "-enddate", $0.1] } ?? ["-days", "2"]
    try ChildProcess.run(
      [
        "openssl", "ca", "-batch", "-notext", "-config", extensions, "-extfile", extensions, "-in", request,
        "-out", certificate.file, "-cert", authority.file, "-keyfile", authority.key,
      ] + days)
    return certificate
  }

  private func newKey(_ file: String) -> [String] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]
  }
}

struct Certificate: Sendable {
  let file: String
  let key: String
}
