package import ArgumentParser
internal import Glibc
internal import LinuxSystem

/// Runs a program to its end, as `ParsableCommand.main()` does, except that output which can't be written is a failure
/// here: 74 (EX_IOERR), for help, version and completions too.
package func runProgram(_ program: (some ParsableCommand).Type) -> Never {
  StandardStreams.secure()
  do {
    var command = try program.parseAsRoot()
    try command.run()
    exit(EXIT_SUCCESS)
  } catch {
    exit(end(program, error).rawValue)
  }
}

private func end(_ program: (some ParsableCommand).Type, _ error: any Error) -> ExitCode {
  let (code, message) = (program.exitCode(for: error), program.fullMessage(for: error))
  guard !message.isEmpty else { return code }
  guard code == .success else {
    StandardStreams.report(message + "\n")
    return code
  }
  do throws(ExitCode) {
    try StandardOutput.write(line: message)
    return code
  } catch {
    return error
  }
}
