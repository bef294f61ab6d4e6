import DaemonCore
import LinuxSystem
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Systemd
import TokenCore

@testable import AssetITTokenClient
@testable import ControlAPI
@testable import TokenConfig
@testable import TokenService

/// What comes from this host: files, callers, systemd, and to the client from the daemon.
extension Fuzz {
  private static let password = "pr0xy-pa55word"

  /// The message of the process that has parsed a file, which may have been hostile to it.
  static let configuration: Target = { input in
    guard let message = TOMLMessage(bytes: input) else { return }
    demand(TOMLMessage(bytes: message.bytes) != nil, "a message that was read can be written and read again")
    guard case .document(let nodes) = message else { return }
    var loader = ConfigurationLoader()
    (loader.checksSecrets, loader.judgesOutlets) = (false, false)
    loader.lookUpAccounts = { _ in [:] }
    do throws(ConfigurationProblems) {
      let configuration = try loader.load(nodes, as: "/nowhere/config.toml")
      demand(!configuration.profiles.isEmpty, "a configuration has a profile")
      _ = Explanation.text(configuration, checkedSecrets: false)
      for profile in configuration.profiles {
        demand(profile.exchange.baseURL.hasPrefix("http"), "a base URL: \(profile.exchange.baseURL)")
        demand(profile.refresh.retryMin <= profile.refresh.retryMax, "retry_min ≤ retry_max")
      }
    } catch {
      demand(!error.all.isEmpty && !"\(error)".contains(password), "problems, without a password: \(error)")
    }
  }

  /// Bytes on the HTTP socket: the parser's work, and what is made of each head.
  static let http: Target = { input in
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    guard (try? channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))) != nil
    else { return demand(false, "the decoder can be added") }
    // In two pieces, as it may come.
    let cut = input.count / 2
    for piece in [input[..<cut], input[cut...]] {
      do { try channel.writeInbound(ByteBuffer(bytes: piece)) } catch { break }
    }
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head): take(head)
      case .body(let body): _ = try? ReportedHeader.read(Array(body.readableBytesView))
      case .end: break
      }
    }
  }

  private static func take(_ head: HTTPRequestHead) {
    let declared = DeclaredBody(head)
    _ = declared.isAwaited(head)
    if case .length(let length) = declared { demand(length > 0, "a length: \(length)") }
    for offer in [ControlOffer.everything, .monitoring] {
      do throws(Problem) {
        try CallerGuard.checkFraming(head)
        let target = try RequestTarget(head.uri)
        try CallerGuard.check(head, target, offering: offer)
        let route = try Route.find(head.method, target, offering: offer)
        switch route {
        case .header(_, let minValid), .authorization(_, let minValid):
          demand(minValid >= .zero, "min_valid isn't negative: \(minValid)")
        default: break
        }
      } catch {
        demand(400..<600 ~= Int(error.status.code), "a problem's status: \(error.status)")
      }
    }
  }

  /// Records of the descriptor store, as bytes and in sealed memory.
  static let stored: Target = { input in
    let (boot, now) = ("boot", BootTime(nanoseconds: 5_000_000_000_000))
    if let entry = StoredEntry.decoded(input, bootID: boot, now: now) {
      let again = StoredEntry.decoded(entry.encoded(bootID: boot), bootID: boot, now: now)
      if case .record(let record) = entry {
        demand(again == entry, "an entry that was read can be written and read again")
        if let held = record.held {
          demand(now < held.deadline && held.refreshAt <= held.deadline, "no expired token comes back")
        }
      }
    }
    _ = EarlierRecord.decoded(input)?.record(bootID: boot, now: now)
    guard let memory = try? SealedMemory.make(name: "fuzz", holding: input) else { return }
    var inherited = InheritedDescriptors(bootID: boot, sockets: SocketTable(), now: now)
    inherited.take(DescriptorStore.Passed(name: "e1", descriptor: memory))
    demand(inherited.inheritance.sockets.isEmpty, "memory is no socket")
  }

  /// What the daemon, or whoever has its socket, says to the client: events, states, problems, headers.
  static let client: Target = { input in
    var (whole, pieces) = (EventParser(), EventParser())
    let events = whole.parse(input)
    var same: [EventParser.Event] = []
    for byte in input { same += pieces.parse([byte]) }
    demand(events == same, "events don't depend on how they are cut")
    for data in events.map({ Array($0.data.utf8) }) + [input] {
      if let status = try? JSON.decode(ProfileStatus.self, data) {
        let texts =
          [status.profile, status.state.rawValue, status.lastFailure?.message ?? ""] + status.problems
        demand(texts.allSatisfy { !$0.unicodeScalars.contains(where: Printable.isHidden) }, "printable texts")
      }
      for status in [403, 404, 429, 503] {
        let answer = HTTPAnswer(
          status: status, fields: ["retry-after": String(decoding: data.prefix(30), as: UTF8.self)],
          body: data)
        _ = "\(ProblemDocument.error(of: answer, profile: "p", path: "/s"))"
      }
      let text = String(decoding: data, as: UTF8.self)
      if AuthorizationHeader.isValue(text) {
        demand(!text.contains("\n") && !text.contains("\r"), "a header is one line")
      }
      _ = HTTPDate.date(text)
    }
  }
}
