/// A group that exists.
package struct Group: Equatable, Sendable {
  package let name: String
  package let id: UInt32

  package init(name: String, id: UInt32) {
    self.name = name
    self.id = id
  }
}
