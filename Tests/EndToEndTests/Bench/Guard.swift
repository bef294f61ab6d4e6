import Glibc
import Synchronization

/// Ends the processes of tests that can't do it themselves any more: a shell waits for the end of a pipe that
/// only this process holds, so it outlives a crash or a Ctrl-C, and by nothing more than that.
enum Guard {
  private static let script = """
    while read -r word pid; do
      case $word in
        began) eval "pid_$pid=1" ;;
        ended) unset "pid_$pid" ;;
      esac
    done
    for pid in $(set | sed -n "s/^pid_\\([0-9]*\\)='*1'*$/\\1/p"); do kill -s KILL -- "-$pid"; done
    """

  /// The pipe's writing end; negative where there is no guard.
  private static let pipe: Int32 = {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { return -1 }
    // Neither end is for other children of this process; the guard gets a copy.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    do throws(ChildProcess.SpawnFailure) {
      _ = try ChildProcess.spawn("/bin/sh", ["-c", script], environment: [:]) { actions in
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
      }
      return ends[1]
    } catch {
      close(ends[1])
      return -1
    }
  }()

  /// Before there is any other child: it would hold the pipe as well.
  static func start() { _ = pipe }

  static func began(_ pid: pid_t) { tell("began \(pid)\n") }

  static func ended(_ pid: pid_t) { tell("ended \(pid)\n") }

  private static func tell(_ line: String) {
    let bytes = Array(line.utf8)
    _ = write(pipe, bytes, bytes.count)
  }
}
