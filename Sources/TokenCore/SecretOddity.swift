/// What makes a client ID or secret look as if it wasn't copied exactly.
package enum SecretOddity: Equatable, Sendable, CaseIterable {
  case blankBefore
  case blankAfter
  /// A space that no key has, such as U+00A0, which word processors put in place of an ordinary one.
  case unusualSpace
  /// A character that can't be seen, such as U+200B.
  case invisible

  /// The end of a sentence that begins with what is odd, and holds nothing of it.
  package var text: String {
    switch self {
    case .blankBefore: "begins with a blank"
    case .blankAfter: "ends with a blank"
    case .unusualSpace: "holds a no-break space or another unusual one"
    case .invisible: "holds a character that can't be seen"
    }
  }
}

extension Secret {
  /// What is odd about the text; nothing where it isn't UTF-8.
  package var oddities: [SecretOddity] {
    withBytes { bytes in
      bytes.withUnsafeBufferPointer { buffer in
        var found: [SecretOddity] = []
        if let first = buffer.first, first == 0x20 || first == 0x09 { found.append(.blankBefore) }
        if let last = buffer.last, last == 0x20 || last == 0x09 { found.append(.blankAfter) }
        // Decoded one by one: a string would be a copy of the secret.
        var decoder = UTF8()
        var iterator = buffer.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
          let oddity: SecretOddity? =
            if scalar.properties.generalCategory == .spaceSeparator, scalar != " " {
              .unusualSpace
            } else if Printable.isHidden(scalar) {
              .invisible
            } else {
              nil
            }
          if let oddity, !found.contains(oddity) { found.append(oddity) }
        }
        return found
      }
    }
  }
}

extension Credentials {
  /// What is odd about client ID and secret, as sentences that hold nothing of them.
  package var oddities: [String] {
    [("the client ID", clientID), ("the client secret", clientSecret)].compactMap { name, value in
      let texts = value.oddities.map(\.text)
      guard let last = texts.last else { return nil }
      let list = texts.count > 1 ? texts.dropLast().joined(separator: ", ") + " and " + last : last
      return "\(name) \(list): compare it with what AssetIT shows"
    }
  }
}
