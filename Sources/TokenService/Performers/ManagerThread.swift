import LinuxSystem
import Systemd

/// Tells the service manager everything on a thread of its own: a manager that is busy takes nothing, and then the call
/// waits (sd_notify(3)).
final class ManagerThread: Sendable {
  private enum Order: Sendable {
    case send([Notifier.Message])
    case add(@Sendable () -> Void)
    case remove(name: String)
  }

  /// A start with 2,000 profiles has some 4,000 at once.
  private static let limit = 16_384
  /// How long the end of the process waits for what is still to be told.
  private static let patience = Duration.milliseconds(500)

  private let orders = BoundedQueue<Order>(limit: limit)
  private let notifier = Notifier()
  private let store = DescriptorStore()
  private let isOver = TimedSemaphore()

  /// - Throws: where the kernel gives no thread.
  init() throws(SystemError) {
    try WorkerThread(name: "manager") { [self] in run() }.detach()
  }

  /// As one datagram.
  func send(_ messages: [Notifier.Message]) {
    _ = orders.push(.send(messages))
  }

  /// Has the manager keep what `make` gives. `done` is called once it was given to the manager, or with the reason why it
  /// can't be; on the thread, or at once if it takes no more.
  func add(
    name: String, done: @escaping @Sendable (_ failure: String?) -> Void,
    _ make: @escaping @Sendable () throws(SystemError) -> OwnedFD
  ) {
    let isTaken = orders.push(
      .add { [store] in
        do throws(SystemError) {
          try store.add(try make(), name: name)
          done(nil)
        } catch {
          done("\(error)")
        }
      })
    if !isTaken { done("the service manager takes nothing more") }
  }

  func remove(name: String) {
    _ = orders.push(.remove(name: name))
  }

  /// Takes no more orders, and waits until the others are done, half a second at most.
  func finish() {
    orders.close()
    _ = isOver.wait(within: Self.patience)
  }

  private func run() {
    while case let orders = orders.take(), !orders.isEmpty {
      for order in orders {
        switch order {
        case .send(let messages): notifier.send(messages)
        case .add(let add): add()
        // It goes when the unit stops, if not now.
        case .remove(let name): try? store.remove(name: name)
        }
      }
    }
    isOver.signal()
  }
}
