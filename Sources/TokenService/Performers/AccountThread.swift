import LinuxSystem
import Synchronization
import TokenConfig
import TokenCore

/// Looks up users and groups on one thread, for a limited time: a name service that is away may keep a caller for long,
/// and a configuration has to be read without it.
final class AccountThread: Sendable {
  private static let limit = Duration.seconds(2)

  private struct State {
    var isBusy = false
    var found: [AccountName: UInt32] = [:]
  }

  private let state = Mutex(State())

  /// The ids of the names that exist, as far as two seconds reach; those of the services on this host come first. While an
  /// earlier look-up hangs, what is known from before.
  @Sendable
  func ids(of names: Set<AccountName>) -> [AccountName: UInt32] {
    let isFree = state.withLock { state in
      defer { state.isBusy = true }
      return !state.isBusy
    }
    guard isFree else { return known(names) }
    let done = TimedSemaphore()
    // The packaged names lie in the host's own files, which are asked first; others may wait for the network.
    let ordered = names.sorted {
      ($0.text.hasPrefix("assetit") ? 0 : 1) < ($1.text.hasPrefix("assetit") ? 0 : 1)
    }
    let started: WorkerThread? = try? WorkerThread(name: "accounts") { [self] in
      for name in ordered {
        let id = AccountDatabase.ids(of: [name])[name]
        state.withLock { $0.found[name] = id }
      }
      state.withLock { $0.isBusy = false }
      done.signal()
    }
    guard let started else {
      state.withLock { $0.isBusy = false }
      return known(names)
    }
    started.detach()
    _ = done.wait(within: Self.limit)
    return known(names)
  }

  private func known(_ names: Set<AccountName>) -> [AccountName: UInt32] {
    state.withLock { state in
      state.found = state.found.filter { names.contains($0.key) }
      return state.found
    }
  }
}
