import AssetITTokenClient
import Dispatch
import Glibc
import LinuxSystem

/// Runs a command, and has the supervisor decide about it.
struct Supervision: ~Copyable {
  static let variable = "ASSETIT_AUTHORIZATION"
  /// After this a daemon that can't be watched is tried again.
  private static let pause = Duration.seconds(5)

  private enum News: Sendable {
    case signalsWaiting
    case header(AuthorizationHeader)
    /// `start`: of the command that it was meant for.
    case patienceEnded(start: Int)
  }

  private let command: [String]
  private let client: TokenClient
  private var supervisor: Supervisor
  private let signals: ForwardedSignals
  private var pid: pid_t = 0
  private var starts = 0

  init(
    _ command: [String], _ client: TokenClient, _ supervisor: Supervisor,
    _ signals: consuming ForwardedSignals
  ) {
    self.command = command
    self.client = client
    self.supervisor = supervisor
    self.signals = signals
  }

  /// - Returns: the exit code to end with.
  /// - Throws: where the command can't be started.
  consuming func run(_ header: AuthorizationHeader) async throws(SpawnFailure) -> Int32 {
    var header = header
    try start(header)
    let (news, continuation) = AsyncStream.makeStream(of: News.self)
    let source = DispatchSource.makeReadSource(fileDescriptor: signals.descriptor.raw, queue: .global())
    // Level-triggered: this may be called again before the signals are taken.
    source.setEventHandler { continuation.yield(.signalsWaiting) }
    let watch = Task { [client] in await Self.watch(client, continuation) }
    source.activate()
    defer {
      watch.cancel()
      source.cancel()
    }
    for await item in news {
      var actions: [Supervisor.Action] = []
      switch item {
      case .header(let new):
        if new.value != header.value {
          header = new
          actions = supervisor.handle(.newHeader)
        }
      case .patienceEnded(let start):
        if start == starts { actions = supervisor.handle(.patienceEnded) }
      case .signalsWaiting:
        for arrival in signals.take() where arrival.signal != SIGCHLD {
          let event: Supervisor.Event =
            arrival.isFromTerminal ? .terminalSignal(arrival.signal) : .signal(arrival.signal)
          actions += supervisor.handle(event)
        }
        // Before the command is looked at: once that has taken its end, the process id may be another's.
        for case .send(let signal) in actions { kill(pid, signal) }
        actions.removeAll { if case .send = $0 { true } else { false } }
        if let ending = ChildProcess.poll(pid) { actions += supervisor.handle(.ended(ending)) }
      }
      for action in actions {
        switch action {
        case .start: try start(header)
        case .send(let signal): kill(pid, signal)
        case .startTimer:
          let start = starts
          Task {
            try? await Task.sleep(for: Supervisor.patience)
            continuation.yield(.patienceEnded(start: start))
          }
        case .finish(let exitCode): return exitCode
        }
      }
    }
    return 0
  }

  private mutating func start(_ header: AuthorizationHeader) throws(SpawnFailure) {
    setenv(Self.variable, header.value, 1)
    starts += 1
    pid = try ChildProcess.start(command, ChildProcess.Setup(mask: ForwardedSignals.mask))
  }

  /// A command isn't ended because the daemon is away, or its configuration has changed.
  private static func watch(_ client: TokenClient, _ continuation: AsyncStream<News>.Continuation) async {
    while !Task.isCancelled {
      do {
        for try await event in client.events {
          switch event {
          case .header(let header): continuation.yield(.header(header))
          case .interrupted(let error): say("\(error)")
          case .state: break
          }
        }
      } catch {
        say("\(error)")
      }
      try? await Task.sleep(for: pause)
    }
  }
}
