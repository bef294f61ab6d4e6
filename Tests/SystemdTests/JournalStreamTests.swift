import Glibc
import Systemd
import Testing

@Suite("Where standard error leads")
struct JournalStreamTests {
  @Test("To the journal only where $JOURNAL_STREAM names this very file")
  func matching() async {
    await #expect(processExitsWith: .success) {
      var pair: [Int32] = [-1, -1]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { exit(1) }
      dup2(pair[0], STDERR_FILENO)
      var status = stat()
      fstat(STDERR_FILENO, &status)
      let reachable = access("/run/systemd/journal/socket", F_OK) == 0
      let here = JournalStream.ofStandardError("\(status.st_dev):\(status.st_ino)")
      guard here == (reachable ? .native : .prefixed) else { exit(2) }
      guard JournalStream.ofStandardError("\(status.st_dev):\(status.st_ino + 1)") == .plain else { exit(3) }
      exit(0)
    }
  }

  @Test(
    "Plainly to a terminal, file or pipe where it doesn't",
    arguments: [nil, "", ":", "0:0", "1:2:3", "nonsense"] as [String?])
  func other(variable: String?) {
    #expect(JournalStream.ofStandardError(variable) == .plain)
  }
}
