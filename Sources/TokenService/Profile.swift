import AssetITAPI
import DaemonCore
import LinuxSystem
import TokenCore

/// One profile at work: its decisions, its request in flight, and the outlets to its readers.
final class Profile {
  var configuration: ProfileConfiguration
  var machine: TokenMachine
  let board = HeaderBoard()
  var files: [HeaderFile]
  /// The request in flight; an answer to another one is not for this profile any more.
  var exchange: (id: ExchangeID?, serial: Int)?
  /// Of the credentials that the last request carried; `nil`: they couldn't be read.
  var fingerprint: CredentialFingerprint?
  /// Of the credentials that brought the token; `nil`: they aren't known any more, so they count as changed after
  /// the next restart.
  var tokenFingerprint: CredentialFingerprint?
  /// What the descriptor store has.
  var stored: HeldToken?
  var statistics = ExchangeStatistics()
  /// Of the files that hold them, from before they were read.
  var stamps: [FileStamp?] = []

  init(_ configuration: ProfileConfiguration, isReady: Bool) {
    self.configuration = configuration
    machine = TokenMachine(policy: configuration.refresh, isReady: isReady)
    files = configuration.files.map(HeaderFile.init)
  }

  var name: String { configuration.name }

  /// When something here has to be looked at again.
  var dueAt: BootTime? {
    (files.map(\.dueAt) + [machine.wakeAt]).compactMap { $0 }.min()
  }

  /// Whether the request in flight should have ended long ago, so that the thread which makes it must hang.
  func isOverdue(_ now: BootTime) -> Bool {
    guard case .requesting(let since, _) = machine.phase else { return false }
    return now - since > configuration.exchange.timeout + .seconds(60)
  }

  func header(_ moment: ClockReading) -> Header? {
    machine.token.map { held in
      Header(
        profile: name, prefix: configuration.exchange.headerPrefix, held: held, now: moment.now,
        timeOfDay: moment.timeOfDay)
    }
  }
}
