import DaemonCore
import LinuxSystem
import Systemd
import TokenConfig
import TokenCore

/// Does the jobs of the machine, each on a thread that may hang.
final class JobPerformer: Sendable {
  private let threads = JobThreads(name: "jobs")
  private let loader: ConfigurationLoader
  private let accounts = AccountThread()
  private let patience = FolderPatience()
  private let sockets: SocketTable
  private let files: HeaderFiles
  private let seen: SeenFiles
  private let answer: @Sendable (JobID, JobResult) -> Void

  /// `answer` is called once for each job, on any thread.
  init(
    loader: ConfigurationLoader, sockets: SocketTable, files: HeaderFiles, seen: SeenFiles,
    answer: @escaping @Sendable (JobID, JobResult) -> Void
  ) {
    self.loader = loader
    self.sockets = sockets
    self.files = files
    self.seen = seen
    self.answer = answer
  }

  /// Begins the job and returns at once.
  func perform(_ id: JobID, _ job: Job) {
    if case .writeHeader(let writing) = job { files.begin(writing) }
    // It may be closed by the time when the job begins.
    let socket = job.socket.flatMap { sockets[$0] }
    do throws(SystemError) {
      try threads.run { [self] in answer(id, result(of: job, socket)) }
    } catch {
      if case .writeHeader(let writing) = job { files.end(writing) }
      answer(id, .failed(JobFailure(error)))
    }
  }

  private func result(of job: Job, _ socket: SocketTable.Entry?) -> JobResult {
    switch job {
    case .readConfiguration(let path, let isLenient): readConfiguration(path, isLenient)
    case .readCredentials(let reading): readCredentials(reading)
    case .writeHeader(let writing): files.write(writing)
    case .withdrawHeader(let path): files.withdraw(path)
    case .openSocket(let opening): sockets.open(opening)
    case .inspectSocket(_, _, let ownership): SocketTable.inspect(socket, ownership)
    case .unbindSocket(_, let path): SocketTable.unbind(socket, path)
    case .listenMetrics(let socket, let place, let isInherited):
      sockets.listenMetrics(socket, place, isInherited: isInherited)
    case .resolveNames(let names): .names(AccountDatabase.ids(of: Set(names)))
    case .askBus: .managerJob(Self.managerJob())
    }
  }

  private static func managerJob() -> ManagerJob {
    switch UnitJob.ofThisProcess() {
    case .restart: .restart
    case .other: .other
    case .unknown: .unknown
    }
  }

  private func readConfiguration(_ path: String, _ isLenient: Bool) -> JobResult {
    seen.note(path)
    var loader = loader
    loader.isLenient = isLenient
    loader.lookUpAccounts = accounts.ids
    if isLenient { loader.look = FolderLook(patience.attempt) }
    do throws(ConfigurationProblems) {
      return .configuration(try loader.load(path: path))
    } catch {
      if error.isTemporary { return .failed(JobFailure(reason: "\(error)")) }
      return .refused(error.all.map(\.description))
    }
  }

  private func readCredentials(_ reading: CredentialReading) -> JobResult {
    let reader = CredentialReader(
      credentialsDirectory: loader.credentialsDirectory, readersGroups: reading.readersGroups)
    for case .file(let path)? in [reading.clientID, reading.clientSecret] { seen.note(path) }
    do throws(CredentialError) {
      let clientID = try reader.read(reading.clientID, isSecret: false)
      guard let source = reading.clientSecret else { return .part(clientID) }
      let credentials = Credentials(clientID: clientID, clientSecret: try reader.read(source, isSecret: true))
      let fingerprint = CredentialFingerprint(
        of: credentials, endpoint: reading.endpoint, key: reading.fingerprintKey)
      return .credentials(ReadCredentials(credentials: credentials, fingerprint: fingerprint.digest))
    } catch {
      return .credentialsRefused(CredentialRefusal(reason: "\(error)", isShortage: error.isShortage))
    }
  }
}

extension Job {
  /// The one that it looks at or removes.
  fileprivate var socket: SocketID? {
    switch self {
    case .inspectSocket(let socket, _, _), .unbindSocket(let socket, _): socket
    default: nil
    }
  }
}
