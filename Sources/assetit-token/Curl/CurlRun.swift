import AssetITTokenClient
import CommandLineProgram
import Glibc
import LinuxSystem

/// A run of curl. What it puts out is held back until it is certain that there is no second one.
struct CurlRun: ~Copyable {
  enum Outcome {
    case ended(ChildEnding)
    /// There were refusals and nothing else; none of the output has been let out.
    case refused(output: [UInt8])
    /// The last request was refused, but others were answered, or there was too much output to hold back.
    case partlyRefused
  }

  /// The output of a refusal that is longer is let out, and there is no second run.
  private static let longestHeld = 1 << 20

  private let arguments: CurlArguments
  private let signals: ForwardedSignals
  private var heads = AnswerHeads()
  private var held: [UInt8] = []
  private var isHolding = true

  /// Standard input of both runs, where it isn't this process's.
  private var input: Int32?

  init(_ arguments: CurlArguments, _ signals: consuming ForwardedSignals) {
    self.arguments = arguments
    self.signals = signals
  }

  /// Looks what a second run would need, and reads standard input where that is so.
  func repetition(ownConfiguration: String?) throws -> Repetition {
    try Repetition(arguments, ownConfiguration: ownConfiguration) { try Spool.standardInput(signals) }
  }

  /// Runs it with this standard input (`nil`: this process's own), and looks at the answers.
  mutating func first(_ header: AuthorizationHeader, input: Int32?) throws -> Outcome {
    self.input = input
    let file = try Self.file(with: header)
    var output = try Pipe()
    var answers = try Pipe()
    let isOnTerminal = isatty(STDOUT_FILENO) == 1
    let pid = try ChildProcess.start(
      arguments.command(header: file.raw, answers: answers.writer, isOnTerminal: isOnTerminal),
      ChildProcess.Setup(
        input: input, output: output.writer, descriptors: [file.raw, answers.writer],
        mask: ForwardedSignals.mask))
    output.closeWriter()
    answers.closeWriter()
    let ending = try follow(pid, output, answers)
    // A run that a signal has ended isn't wanted any more.
    let isRefused = if case .exited = ending { heads.endsRefused } else { false }
    if isRefused, isHolding, heads.isRefusal(sendsData: arguments.sendsData) { return .refused(output: held) }
    try letOut()
    return isRefused ? .partlyRefused : .ended(ending)
  }

  /// Runs it for good.
  mutating func second(_ header: AuthorizationHeader) throws -> ChildEnding {
    let file = try Self.file(with: header)
    let pid = try ChildProcess.start(
      arguments.command(header: file.raw, answers: nil),
      ChildProcess.Setup(input: input, descriptors: [file.raw], mask: ForwardedSignals.mask))
    while true {
      wait(for: [signals.descriptor.raw])
      if let ending = forwardSignals(to: pid) { return ending }
    }
  }

  /// In memory, for curl to read (memfd_create(2)).
  private static func file(with header: AuthorizationHeader) throws(SystemError) -> OwnedFD {
    try SealedMemory.make(name: "assetit-header", holding: Array("Authorization: \(header.value)\n".utf8))
  }

  private mutating func follow(
    _ pid: pid_t, _ output: borrowing Pipe, _ answers: borrowing Pipe
  ) throws -> ChildEnding {
    var ending: ChildEnding?
    var (isOutputOpen, areAnswersOpen) = (true, true)
    while ending == nil || isOutputOpen || areAnswersOpen {
      wait(for: [
        ending == nil ? signals.descriptor.raw : -1, isOutputOpen ? output.reader.raw : -1,
        areAnswersOpen ? answers.reader.raw : -1,
      ])
      if ending == nil { ending = forwardSignals(to: pid) }
      let piece = isOutputOpen ? output.read() : nil
      isOutputOpen = piece != nil
      held += piece ?? []
      // curl writes the head of an answer before its body, so what belongs to the output is there by now.
      if areAnswersOpen {
        let piece = answers.read()
        areAnswersOpen = piece != nil
        heads.add(piece ?? [])
      }
      if !heads.mayBecomeRefusal(sendsData: arguments.sendsData) || held.count > Self.longestHeld {
        isHolding = false
      }
      if !isHolding { try letOut() }
    }
    return ending ?? .exited(0)
  }

  /// - Returns: the process's end, where it has come.
  private borrowing func forwardSignals(to pid: pid_t) -> ChildEnding? {
    for arrival in signals.take() where arrival.signal != SIGCHLD && !arrival.isFromTerminal {
      kill(pid, arrival.signal)
    }
    return ChildProcess.poll(pid)
  }

  /// Descriptors of -1 are left out (poll(2)).
  private borrowing func wait(for descriptors: [Int32]) {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&polled, nfds_t(polled.count), -1)
  }

  private mutating func letOut() throws {
    defer { held = [] }
    try StandardOutput.write(held)
  }
}
