import TokenCore

/// What is going to happen, in the order of time; of two at one moment the one that was added first. Events lie still
/// in slots while the heap of their times is sorted.
struct EventQueue<Event> {
  private struct Entry {
    let time: BootTime
    let order: Int
    let slot: Int

    func isBefore(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
  }

  private var heap: [Entry] = []
  private var slots: [Event?] = []
  private var free: [Int] = []
  private var order = 0

  var count: Int { heap.count }

  mutating func add(_ time: BootTime, _ event: Event) {
    order += 1
    let slot: Int
    if let last = free.popLast() {
      slot = last
      slots[slot] = event
    } else {
      slot = slots.count
      slots.append(event)
    }
    push(Entry(time: time, order: order, slot: slot))
  }

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard entry.isBefore(heap[parent]) else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = entry
  }

  mutating func removeFirst() -> (BootTime, Event)? {
    guard let first = heap.first, let event = slots[first.slot].take() else { return nil }
    free.append(first.slot)
    let last = heap.removeLast()
    if !heap.isEmpty { sink(last) }
    return (first.time, event)
  }

  private mutating func sink(_ entry: Entry) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(entry) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = entry
  }

  /// Moves what comes before a moment to it, in the same order.
  mutating func shift(to time: BootTime) {
    let entries = heap.sorted { $0.isBefore($1) }
    heap = []
    for entry in entries {
      order += 1
      push(Entry(time: max(entry.time, time), order: order, slot: entry.slot))
    }
  }
}
