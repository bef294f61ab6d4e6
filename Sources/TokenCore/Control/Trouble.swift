/// What was written off, now, unless it says otherwise: the daemon goes on without it.
package struct Trouble: Equatable, Sendable {
  /// Folders (and `users and groups`, `the bus`) in which a job hangs.
  package var stuck: Set<String> = []
  /// Folders that are polled, since they can't be watched.
  package var polledFolders: Set<String> = []
  /// Sockets and files that aren't served, by path.
  package var leftOut: Set<String> = []
  /// Names of users and groups that don't exist yet.
  package var unresolvedNames: Set<String> = []
  /// Exchanges that wait for a slot.
  package var waitingExchanges = 0
  package var exchangesInFlight = 0
  /// Lines of the log that were dropped since the start of this process.
  package var droppedLogLines = 0
  /// The manager doesn't take what it is to keep.
  package var isStoreStuck = false
  /// Files that don't hold what they should.
  package var failingFiles = 0
  /// Jobs that were written off since the start of this process.
  package var jobsWrittenOff = 0

  package init() {}
}
