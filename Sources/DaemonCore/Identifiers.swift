/// One job that a performer was given; its answer carries the same number, however late it comes.
package struct JobID: Hashable, Comparable, Sendable {
  package let number: Int

  package init(_ number: Int) {
    self.number = number
  }

  package static func < (left: JobID, right: JobID) -> Bool { left.number < right.number }
}

/// One exchange with the Authentication endpoint.
package struct ExchangeNumber: Hashable, Sendable {
  package let value: Int

  package init(_ value: Int) {
    self.value = value
  }
}

/// One header file. A file that a reload removes and another that takes its path are two outlets.
package struct OutletID: Hashable, Comparable, Sendable {
  package let number: Int

  package init(_ number: Int) {
    self.number = number
  }

  package static func < (left: OutletID, right: OutletID) -> Bool { left.number < right.number }
}

/// One listening socket of this process. Descriptors that were passed at the start have the first numbers.
package struct SocketID: Hashable, Comparable, Sendable {
  package let number: Int

  package init(_ number: Int) {
    self.number = number
  }

  package static func < (left: SocketID, right: SocketID) -> Bool { left.number < right.number }
}

/// The name of an entry in the descriptor store: a counter, at most six characters, since systemd passes all
/// names to the next process in one string of at most 128 KiB.
package struct StoreName: Hashable, Sendable {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// Whether the name is one of this version's.
  var isShort: Bool { text.hasPrefix("_") && text.utf8.count <= 6 }

  /// Higher for what was stored later; -1 for a name of 0.1.0.
  var number: Int { isShort ? Int(text.dropFirst(), radix: 36) ?? -1 : -1 }
}
