import AssetITTokenClient
import FoundationEssentials
import TokenCore

/// The profiles as a table that fits the terminal.
struct StatusTable {
  private static let header = ["PROFILE", "STATE", "LIFE", "LEFT", "NEXT REFRESH"]
  private static let life = 2
  private static let gap = 2
  private static let barWidths = 6...20
  private static let shortestName = 8

  let profiles: [ProfileStatus]
  let now: Date
  let terminal: Terminal

  func lines() -> [String] {
    var rows = [Self.header] + profiles.map(cells)
    var widths = Self.header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let others = widths.indices.filter { $0 != Self.life }.reduce(0) { $0 + widths[$1] + Self.gap }
    let hasBar = terminal.width - others >= Self.barWidths.lowerBound
    widths[Self.life] = min(terminal.width - others, Self.barWidths.upperBound)
    if !hasBar {
      // What a narrow terminal can do without: the bar first, then the end of a long name.
      rows = rows.map { row in row.enumerated().filter { $0.offset != Self.life }.map(\.element) }
      widths.remove(at: Self.life)
      let excess = max(0, others - Self.gap - terminal.width)
      widths[0] = max(min(widths[0], Self.shortestName), widths[0] - excess)
    }
    var lines = [line(rows[0], widths).map { paint($0, "1") } ?? ""]
    for (profile, row) in zip(profiles, rows.dropFirst()) {
      var row = row
      if hasBar { row[Self.life] = bar(profile, widths[Self.life]) }
      lines.append(line(row, widths, state: profile.state) ?? "")
      lines += remark(on: profile)
    }
    return lines
  }

  private func cells(_ profile: ProfileStatus) -> [String] {
    [
      Printable.text(profile.profile), Printable.text(profile.state.rawValue), "",
      profile.expiresIn.map(TimeSpan.text) ?? "-",
      nextRefresh(profile),
    ]
  }

  private func nextRefresh(_ profile: ProfileStatus) -> String {
    if profile.isRefreshing { return "now" }
    guard let next = profile.nextRefreshAt else { return "-" }
    return "in " + TimeSpan.text(Int64(next.timeIntervalSince(now).rounded()))
  }

  private func bar(_ profile: ProfileStatus, _ width: Int) -> String {
    guard let left = profile.expiresIn, let from = profile.issuedAt, let to = profile.expiresAt else {
      return LifeBar.text(0, width: width, unicode: terminal.hasUnicode)
    }
    let lifetime = max(to.timeIntervalSince(from), 1)
    return LifeBar.text(Double(left) / lifetime, width: width, unicode: terminal.hasUnicode)
  }

  /// `nil` where there are no cells.
  private func line(_ cells: [String], _ widths: [Int], state: ProfileStatus.State? = nil) -> String? {
    let padded = zip(cells, widths).enumerated().map { column, cell in
      let (text, width) = cell
      let fitted = text.count > width ? String(text.prefix(max(width - 1, 0))) + cut : text
      let isLast = column == cells.count - 1
      let filled = isLast ? fitted : fitted + String(repeating: " ", count: width - fitted.count)
      let isColored =
        state != nil && (column == 1 || (column == Self.life && cells.count == Self.header.count))
      return isColored ? paint(filled, color(of: state)) : filled
    }
    return padded.joined(separator: String(repeating: " ", count: Self.gap))
  }

  private var cut: String { terminal.hasUnicode ? "…" : "." }

  private func remark(on profile: ProfileStatus) -> [String] {
    guard let failure = profile.lastFailure else { return [] }
    let times = profile.failures == 1 ? "failed once" : "failed \(profile.failures) times"
    let ago = TimeSpan.text(Int64(now.timeIntervalSince(failure.at).rounded()))
    return Paragraph.wrap("\(times), last \(ago) ago: \(failure.message)", width: terminal.width, indent: 2)
  }

  private func color(of state: ProfileStatus.State?) -> String {
    switch state {
    case .valid: "32"
    case .failing: "33"
    case .pending: "36"
    default: "31"
    }
  }

  /// `code`: of ECMA-48's SGR (console_codes(4)).
  private func paint(_ text: String, _ code: String) -> String {
    terminal.hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
