/// How the daemon ends (sysexits.h); the unit doesn't restart on 64, 77 and 78.
package enum ExitStatus: Int32, Error, Equatable, Sendable {
  case ok = 0
  /// The command line is wrong.
  case usage = 64
  /// AssetIT, or something local that may come back, can't be reached.
  case unavailable = 69
  /// AssetIT refused the credentials, or the system refused this user.
  case noPermission = 77
  case configuration = 78
}
