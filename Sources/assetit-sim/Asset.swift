/// What the data endpoint lists.
struct Asset: Codable, Equatable, Sendable {
  let id: Int
  let name: String
  let status: String

  static let samples = [
    Asset(id: 1, name: "Laptop 14\"", status: "in use"),
    Asset(id: 2, name: "Docking station", status: "in stock"),
    Asset(id: 3, name: "Door badge", status: "retired"),
  ]
}
