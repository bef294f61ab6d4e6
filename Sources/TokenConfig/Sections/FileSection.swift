internal import TokenCore

/// `[[profiles.NAME.files]]`.
enum FileSection {
  /// - Returns: `nil` where the file is left out.
  static func read(_ table: TableReader, profile: String, context: ReadingContext) -> FileConfiguration? {
    if !table.has("path") { table.report("path", "is missing: say where the file goes") }
    let path = table.absolutePath("path")
    let isShared = table.boolean("shared_folder") ?? false
    let isFit = path.map { context.claim($0, of: profile, isShared: isShared, table, "path") } ?? false
    var file = FileConfiguration(path: path ?? "/")
    file.format = table.choice("format", FileConfiguration.Format.self) ?? file.format
    file.template = template(table, file.format, context)
    file.mode = table.mode("mode", problem: FileMode.problem(ofFile:)) ?? file.mode
    file.group = context.group(table, use: .fileGroup(profile: profile, path: file.path))
    table.finish()
    return isFit ? file : nil
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
    let place = table.path.appending("template").text
    if let fault = context.paths.reserve(path, at: place) { table.problems.add(place, fault) }
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
  ///
  /// - Returns: `nil` where it is left out.
  static func standard(
    _ profile: TableReader, name: String, beside result: SocketSection.Result, context: ReadingContext
  ) -> FileConfiguration? {
    let socket = result.socket
    let folder = socket.path.prefix(through: socket.path.lastIndex(of: "/") ?? socket.path.startIndex)
    var file = FileConfiguration(path: "\(folder)\(name).header")
    file.mode &= socket.mode | 0o600
    file.group = socket.group
    // A group that is put off for the socket is put off for the file, too.
    for unresolved in context.deferred.names where unresolved.use == .socketGroup(profile: name) {
      context.deferred.names.append(
        UnresolvedName(unresolved.account, .fileGroup(profile: name, path: file.path)))
    }
    return context.claim(file.path, of: name, isShared: result.isShared, profile, "files") ? file : nil
  }
}
