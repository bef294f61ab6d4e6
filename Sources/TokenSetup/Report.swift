/// What a command tells while it works. A line that can't be written stops nothing half-way: it shows at the end.
package final class Report {
  private let write: (String) throws -> Void
  private var failure: (any Error)?

  package init(_ write: @escaping (String) throws -> Void) {
    self.write = write
  }

  package func say(_ line: String) {
    do {
      try write(line)
    } catch {
      failure = failure ?? error
    }
  }

  /// - Throws: what kept the first line from being written.
  package func check() throws {
    if let failure { throw failure }
  }
}
