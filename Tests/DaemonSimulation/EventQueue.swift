import TokenCore

/// What is going to happen, in the order of time; of two at one moment the one that was added first.
struct EventQueue<Event> {
  private var heap: [(time: BootTime, order: Int, event: Event)] = []
  private var order = 0

  var count: Int { heap.count }

  mutating func add(_ time: BootTime, _ event: Event) {
    order += 1
    heap.append((time, order, event))
    var place = heap.count - 1
    while place > 0, isLess(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeFirst() -> (BootTime, Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && isLess(child, least) {
        least = child
      }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }

  private func isLess(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
  }
}
