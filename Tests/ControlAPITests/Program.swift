import FoundationEssentials
import Glibc

/// Another program, run to its end.
enum Program {
  /// promtool(1) of Debian's package prometheus, which `make test` unpacks where it isn't installed.
  static let hasPromtool =
    getenv("PATH").map { String(cString: $0) }?.split(separator: ":")
    .contains { access("\($0)/promtool", X_OK) == 0 } ?? false

  /// `input` is what it reads; what it says goes through a file in `folder`.
  static func run(
    _ command: [String], input: [UInt8] = [], in folder: String
  ) throws -> (status: Int32, output: String) {
    let name = "\(folder)/\(UInt64.random(in: 0 ... .max))"
    let (inputPath, outputPath) = (name + ".in", name + ".out")
    try Data(input).write(to: URL(filePath: inputPath))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var pid = pid_t()
    let arguments = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    let code = posix_spawnp(&pid, command[0], &actions, nil, arguments + [nil], environ)
    guard code == 0 else { throw Wire.Failure("spawn \(command[0])", code) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return (status, String(decoding: try Data(contentsOf: URL(filePath: outputPath)), as: UTF8.self))
  }
}
