import Glibc
import LinuxSystem

/// Looks where paths of one folder lead, and has the kernel tell of changes there. It may hang, so it is done on a
/// thread of its own.
struct PathSurvey: Sendable {
  struct Place: Hashable, Sendable {
    let watch: Int32
    let name: String
  }

  struct Result: Sendable {
    /// By path: where its changes are told; missing where they aren't.
    var places: [String: [Place]] = [:]
    /// Those that are other ones than when they were last read or written.
    var changed: [String] = []
    /// Why some changes aren't told; `nil` where all are.
    var hindrance: String?
  }

  /// `nil` where the kernel gave none.
  let watch: FolderWatch?
  let seen: SeenFiles
  let paths: [String]

  func run() -> Result {
    var result = Result()
    var watches: [String: Int32] = [:]
    for path in paths {
      do throws(SystemError) {
        result.places[path] = try places(of: path, &watches)
        seen.begin(path)
      } catch {
        result.hindrance = Self.phrase(error)
      }
      // After its changes are told, so that none is missed.
      if seen.hasChanged(path) { result.changed.append(path) }
    }
    return result
  }

  private func places(of path: String, _ watches: inout [String: Int32]) throws(SystemError) -> [Place] {
    var places: [Place] = []
    for step in try PathTrail.of(path).steps {
      let number: Int32
      if let known = watches[step.folder] {
        number = known
      } else {
        number = try add(step.folder)
        watches[step.folder] = number
      }
      places.append(Place(watch: number, name: step.name))
    }
    return places
  }

  private func add(_ folder: String) throws(SystemError) -> Int32 {
    guard let watch else { throw SystemError("watch", folder, errno: EMFILE) }
    if try FileSystemKind(of: folder) == .remote { throw SystemError("watch", folder, errno: EOPNOTSUPP) }
    return try watch.add(folder)
  }

  private static func phrase(_ error: SystemError) -> String {
    switch error.errno {
    case EOPNOTSUPP:
      "\(error.subject) is on a network or FUSE file system, whose changes the kernel doesn't tell"
    case ENOSPC: "no inotify watch is left: raise fs.inotify.max_user_watches"
    case EMFILE: "no inotify instance is left: raise fs.inotify.max_user_instances"
    default: "\(error)"
    }
  }
}
