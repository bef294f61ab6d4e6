/// Keys in the order of what they are due at: a binary heap that knows where each key is, so that a key's time can be
/// changed in logarithmic time.
struct DueQueue<Key: Hashable & Sendable, Time: Comparable & Sendable>: Sendable {
  private var heap: [(key: Key, time: Time)] = []
  private var places: [Key: Int] = [:]

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }
  var first: (key: Key, time: Time)? { heap.first }

  func time(of key: Key) -> Time? { places[key].map { heap[$0].time } }

  /// Sets when the key is due; `nil` takes it out.
  mutating func set(_ key: Key, _ time: Time?) {
    guard let time else { return remove(key) }
    if let place = places[key] {
      let earlier = time < heap[place].time
      heap[place].time = time
      if earlier { rise(place) } else { sink(place) }
    } else {
      heap.append((key, time))
      places[key] = heap.count - 1
      rise(heap.count - 1)
    }
  }

  mutating func removeFirst() -> (key: Key, time: Time)? {
    guard let first = heap.first else { return nil }
    remove(first.key)
    return first
  }

  private mutating func remove(_ key: Key) {
    guard let place = places.removeValue(forKey: key) else { return }
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.key] = place
    rise(place)
    sink(places[last.key] ?? place)
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard heap[place].time < heap[parent].time else { return }
      swap(place, parent)
      place = parent
    }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if heap[child].time < heap[least].time { least = child }
      }
      guard least != place else { return }
      swap(place, least)
      place = least
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    places[heap[left].key] = left
    places[heap[right].key] = right
  }
}
