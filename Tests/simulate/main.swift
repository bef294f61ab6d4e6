import DaemonSimulation
import Synchronization
import TokenCore

#if canImport(Glibc)
  import Glibc
#endif

/// `simulate [LIVES [SEED [THREADS]]]`: random lives of the whole daemon under a virtual clock. Ends with 1 where a rule
/// was broken, and prints the seed and the shortest life that shows it.
let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) }
guard numbers.allSatisfy({ $0 != nil }), numbers.count <= 3 else {
  print("usage: simulate [LIVES [SEED [THREADS]]]")
  exit(64)
}
let arguments = numbers.compactMap { $0 }
let run = Run(
  lives: arguments.first ?? 1_000, seed: arguments.dropFirst().first ?? 1,
  threads: Int(arguments.dropFirst(2).first ?? UInt64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))))
exit(run.perform() ? 0 : 1)
