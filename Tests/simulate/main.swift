import DaemonSimulation
import TokenCore

#if canImport(Glibc)
  import Glibc
#endif

/// `simulate [--first] [LIVES [SEED [THREADS]]]`: random lives of the whole daemon under a virtual clock. Ends with 1
/// where a rule was broken, and prints the seeds, and the shortest life that shows the first. `--first`: ends at the
/// first violation, and says in one line which it is.
let isFirst = CommandLine.arguments.dropFirst().first == "--first"
let numbers = CommandLine.arguments.dropFirst(isFirst ? 2 : 1).map { UInt64($0) }
guard numbers.allSatisfy({ $0 != nil }), numbers.count <= 3 else {
  print("usage: simulate [--first] [LIVES [SEED [THREADS]]]")
  exit(64)
}
let arguments = numbers.compactMap { $0 }
let run = Run(
  lives: arguments.first ?? 1_000, seed: arguments.dropFirst().first ?? 1,
  threads: Int(arguments.dropFirst(2).first ?? UInt64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))),
  stopsAtFirst: isFirst)
exit(run.perform() ? 0 : 1)
