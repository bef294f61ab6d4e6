import DaemonCore
import TokenCore

/// The folders of the simulated host and what lies in them.
struct Disk {
  struct File: Equatable {
    /// What a reader gets; for a secret, the secret.
    var content: String
    var isAsItShouldBe = true
  }

  struct Folder {
    var state = Plan.FolderState.well
    /// Since when it can be written and answers; `nil`: it can't.
    var wellSince: BootTime? = BootTime(nanoseconds: 0)
  }

  var folders: [String: Folder] = [:]
  var files: [String: File] = [:]
  /// Which socket a path leads to.
  var sockets: [String: BoundSocket] = [:]

  struct BoundSocket: Equatable {
    var kernel: Int
    var ownership: Ownership
  }

  func state(of folder: String) -> Plan.FolderState { folders[folder]?.state ?? .well }

  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
