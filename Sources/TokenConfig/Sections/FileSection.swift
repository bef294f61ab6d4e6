internal import TokenCore

/// `[[profiles.NAME.files]]`.
enum FileSection {
  static func read(_ table: TableReader, context: ReadingContext) -> FileConfiguration {
    if !table.has("path") { table.report("path", "is missing: say where the file goes") }
    let path = table.absolutePath("path")
    if let path { context.paths.claim(path, at: table.path.appending("path")) }
    var file = FileConfiguration(path: path ?? "/")
    file.format = table.choice("format", FileConfiguration.Format.self) ?? file.format
    file.template = template(table, file.format, context)
    file.mode = table.mode("mode", problem: FileMode.problem(ofFile:)) ?? file.mode
    file.group = table.group("group") ?? context.defaultGroup
    table.finish()
    return file
  }

  private static func template(
    _ table: TableReader, _ format: FileConfiguration.Format, _ context: ReadingContext
  ) -> HeaderTemplate? {
    let isGiven = table.has("template")
    let path = table.absolutePath("template")
    guard isGiven == (format == .template) else {
      let text =
        isGiven ? "goes with format = \"template\" only" : "is missing: say where the template is"
      table.report("template", text)
      return nil
    }
    guard let path else { return nil }
    context.paths.reserve(path, at: table.path.appending("template").text)
    do {
      let (bytes, _) = try CredentialFile.contents(of: path, limit: SettingRanges.templateBytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        table.report("template", "\(path) is not UTF-8 text")
        return nil
      }
      return try HeaderTemplate(text)
    } catch let fault as HeaderTemplate.Fault {
      table.report("template", "\(path) \(fault.text)")
    } catch {
      table.report("template", "\(error)")
    }
    return nil
  }

  /// The one that a profile has which names none: a header file beside its socket, open to nobody who may
  /// not open the socket.
  static func standard(
    _ profile: TableReader, name: String, beside socket: SocketConfiguration, context: ReadingContext
  ) -> FileConfiguration {
    let folder = socket.path.prefix(through: socket.path.lastIndex(of: "/") ?? socket.path.startIndex)
    var file = FileConfiguration(path: "\(folder)\(name).header")
    file.mode &= socket.mode | 0o600
    file.group = socket.group
    context.paths.claim(file.path, at: profile.path.appending("files"))
    return file
  }
}
