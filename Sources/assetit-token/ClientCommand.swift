import ArgumentParser
import CommandLineProgram

/// A command that waits for answers.
protocol ClientCommand: ParsableCommand, Sendable {
  func perform() async throws
}

extension ClientCommand {
  func run() throws { try performAndWait() }

  func performAndWait() throws { try waitFor { try await perform() } }
}
