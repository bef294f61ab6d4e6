import TokenCore
import TokenService

/// Renders metrics: OpenMetrics 1.0, or the older text format of Prometheus for those who ask for that.
struct MetricsText {
  enum Format: CaseIterable {
    case openMetrics
    case prometheus

    /// By the `Accept` header: OpenMetrics, unless only plain text is wanted.
    init(accept: String?) {
      let accept = accept?.lowercased() ?? ""
      let isPlain = accept.contains("text/plain") && !accept.contains("application/openmetrics-text")
      self = isPlain ? .prometheus : .openMetrics
    }

    var contentType: String {
      switch self {
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      }
    }
  }

  enum Kind: String {
    case gauge, counter, histogram
  }

  typealias Labels = [(name: String, value: String)]

  let format: Format
  private(set) var text = ""

  init(_ format: Format) {
    self.format = format
  }

  /// `name`: without `_total`, which a counter's samples get.
  mutating func family(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]
  ) {
    begin(name, kind, help)
    for (labels, value) in samples { sample(kind == .counter ? name + "_total" : name, labels, value) }
  }

  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    // The older format calls a counter by the name of its samples.
    let shown = kind == .counter && format == .prometheus ? name + "_total" : name
    text += "# HELP \(shown) \(help)\n# TYPE \(shown) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  mutating func finish() -> [UInt8] {
    if format == .openMetrics { text += "# EOF\n" }
    return Array(text.utf8)
  }

  static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
    return "\(value)"
  }

  private static func escaped(_ value: String) -> String {
    value.map { character in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      default: String(character)
      }
    }.joined()
  }
}
