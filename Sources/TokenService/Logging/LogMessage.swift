import TokenCore

/// One thing that an operator may want to know: a sentence that says what happened, what follows and when, with an id and
/// fields for programs.
struct LogMessage: Equatable, Sendable {
  let id: MessageID
  let level: Configuration.LogLevel
  let text: String
  /// Journal fields: upper case names, ours with `ASSETIT_` before them (systemd.journal-fields(7)).
  let fields: [String: String]

  init(
    _ id: MessageID, _ level: Configuration.LogLevel, _ text: String, _ fields: [String: String] = [:]
  ) {
    self.id = id
    self.level = level
    self.text = text
    self.fields = fields
  }
}
