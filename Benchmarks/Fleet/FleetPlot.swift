import Glibc

/// Draws requests per second over time as SVG, one line for each policy, on a logarithmic scale: the worst second of
/// each step is drawn, since that is the one the service has to bear.
struct FleetPlot {
  struct Line {
    let policy: FleetPolicy
    let values: [Int]
  }

  let title: String
  /// Seconds between two points.
  let step: Int
  /// What the horizontal axis counts, and how many seconds that is.
  let unit: (name: String, seconds: Int)
  let ideal: Double
  private(set) var lines: [Line] = []

  static let width = 760.0
  static let height = 250.0
  private static let left = 70.0
  private static let top = 40.0
  private static let right = 740.0
  private static let bottom = 205.0

  init(title: String, step: Int, unit: (name: String, seconds: Int), ideal: Double) {
    self.title = title
    self.step = step
    self.unit = unit
    self.ideal = ideal
  }

  mutating func add(_ policy: FleetPolicy, _ requests: ArraySlice<UInt32>) {
    var values: [Int] = []
    var rest = requests
    while !rest.isEmpty {
      values.append(Int(rest.prefix(step).max() ?? 0))
      rest = rest.dropFirst(step)
    }
    lines.append(Line(policy: policy, values: values))
  }

  /// The drawing, moved down by `offset`.
  func svg(offset: Double) -> String {
    let count = max(lines.map(\.values.count).max() ?? 2, 2)
    let decades = 7
    func y(_ value: Double) -> Double {
      let place = value < 1 ? 0 : (log10(value) / Double(decades))
      return Self.bottom - place * (Self.bottom - Self.top)
    }
    func x(_ index: Int) -> Double {
      Self.left + Double(index) / Double(count - 1) * (Self.right - Self.left)
    }
    var parts = ["<g transform=\"translate(0 \(Int(offset)))\">"]
    parts.append("<text x=\"\(Self.left)\" y=\"20\" class=\"title\">\(title)</text>")
    for decade in 0...decades {
      let height = short(y(exp10(decade)))
      parts.append("<path class=\"grid\" d=\"M\(Self.left) \(height)H\(Self.right)\"/>")
      parts.append("<text x=\"62\" y=\"\(height)\" class=\"label\">\(grouped(Int(exp10(decade))))</text>")
    }
    let units = (count - 1) * step / unit.seconds
    for mark in stride(from: 0, through: units, by: max(1, units / 8)) {
      let place = short(x(mark * unit.seconds / step))
      parts.append("<text x=\"\(place)\" y=\"222\" class=\"mark\">\(mark)</text>")
    }
    parts.append("<text x=\"\(Self.right)\" y=\"238\" class=\"label\">\(unit.name)</text>")
    parts.append("<path class=\"ideal\" d=\"M\(Self.left) \(short(y(ideal)))H\(Self.right)\"/>")
    for line in lines {
      let points = line.values.enumerated().map { "\(short(x($0.offset))),\(short(y(Double($0.element))))" }
      parts.append(
        "<polyline class=\"\(line.policy.rawValue)\" points=\"\(points.joined(separator: " "))\"/>")
    }
    return (parts + ["</g>"]).joined(separator: "\n")
  }

  /// A whole file: the drawings one below the other, with one legend.
  static func document(_ plots: [FleetPlot]) -> String {
    let total = Int(height) * plots.count + 30
    let colours = ["#0b6e4f", "#8a4fff", "#c77700", "#3a7ca5", "#b3261e"]
    var style = """
      text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.label{text-anchor:end}.mark{text-anchor:middle}
      polyline,path{fill:none}.grid{stroke:#ddd}.ideal{stroke:#000;stroke-dasharray:4 3}

      """
    var legend = "<text x=\"70\" y=\"\(total - 8)\">dashed: the ideal</text>"
    for (place, policy) in FleetPolicy.allCases.enumerated() {
      let wide = policy == .tokend ? 2.5 : 1.2
      style += ".\(policy.rawValue){stroke:\(colours[place]);stroke-width:\(wide)}"
      let start = 190 + place * 112
      legend += "<path class=\"\(policy.rawValue)\" d=\"M\(start) \(total - 12)h20\"/>"
      legend += "<text x=\"\(start + 24)\" y=\"\(total - 8)\">\(policy.title)</text>"
    }
    let drawings = plots.enumerated().map { $0.element.svg(offset: Double($0.offset) * height) }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(total)" role="img">
      <title>Requests per second at the service</title>
      <style>\(style)</style><rect width="100%" height="100%" fill="#fff"/>
      \(drawings.joined(separator: "\n"))
      \(legend)
      </svg>

      """
  }

  private func short(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }

  private func exp10(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { power, _ in power * 10 }
  }
}
