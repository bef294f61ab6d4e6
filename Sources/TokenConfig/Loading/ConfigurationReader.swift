internal import LinuxSystem
internal import TokenCore

/// Reads the whole file: `[regions]`, `[log]`, `[api]`, `[profiles]`.
struct ConfigurationReader {
  let context: ReadingContext

  /// The configuration, worth something only where no problem was noted.
  func read(_ root: TableReader) -> (configuration: Configuration, holdsSecret: Bool) {
    let problems = context.problems
    problems.chapter = 1
    let regions = regions(root.table("regions"))
    problems.chapter = 2
    let log = root.table("log")
    let level = log.choice("level", Configuration.LogLevel.self)
    log.finish()
    problems.chapter = 3
    let api = api(root.table("api"))
    let table = root.table("profiles")
    if !root.has("profiles") || (root.isTable("profiles") && table.keys.isEmpty) {
      root.report("profiles", "there is no profile: add a section [profiles.default]")
    }
    var results: [(chapter: Int, result: ProfileSection.Result)] = []
    for name in table.keys {
      problems.chapter += 1
      if let result = profile(name, table, regions) { results.append((problems.chapter, result)) }
    }
    let last = problems.chapter + 1
    var configuration = Configuration(api: api, profiles: results.map(\.result.profile))
    configuration.logLevel = level ?? configuration.logLevel
    if context.loader.checksSecrets { check(results, configuration) }
    problems.chapter = last
    root.finish()
    return (configuration, results.contains { $0.result.holdsSecret })
  }

  private func regions(_ table: TableReader) -> [String: String?] {
    var regions: [String: String?] = [:]
    for name in table.keys {
      regions[name] = .some(nil)
      guard let text = table.string(name) else { continue }
      do {
        regions[name] = try BaseURL.parse(text)
      } catch {
        table.report(name, error.text)
      }
    }
    return regions
  }

  private func api(_ table: TableReader) -> APIConfiguration {
    let folder = context.loader.runtimeDirectory
    var api = APIConfiguration()
    // Where nobody named one, a host without the folder of the default goes without the socket.
    if table.has("socket") || FileStamp(path: folder) != nil {
      api.socketPath = SocketSection.path(table, key: "socket", "\(folder)/api.sock", context)
    }
    api.mode = table.mode("mode", problem: FileMode.problem(ofSocket:)) ?? api.mode
    api.group = table.group("group") ?? context.defaultGroup
    api.metricsListen = table.string("metrics_listen") { text in
      guard let parts = try? URLParts("http://" + text), parts.port != nil, parts.userInfo == nil,
        parts.path.isEmpty, !parts.hasQueryOrFragment
      else { return "must be HOST:PORT such as \"127.0.0.1:9464\"" }
      return parts.isLoopback ? nil : "must be on loopback, as in \"127.0.0.1:9464\""
    }
    table.finish()
    return api
  }

  private func profile(
    _ name: String, _ table: TableReader, _ regions: [String: String?]
  ) -> ProfileSection.Result? {
    guard ProfileSection.isName(name) else {
      table.report(
        name,
        "a profile's name must have 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", and begin with"
          + " a letter or digit")
      return nil
    }
    return ProfileSection(name: name, table: table.table(name), context: context).read(regions: regions)
  }

  /// Opens every secret, now that all groups of readers are known.
  private func check(
    _ results: [(chapter: Int, result: ProfileSection.Result)], _ configuration: Configuration
  ) {
    let reader = context.loader.credentialReader(for: configuration)
    for (chapter, result) in results {
      context.problems.chapter = chapter
      for (choice, isSecret) in [(result.clientID, false), (result.clientSecret, true)] {
        guard let choice else { continue }
        do {
          _ = try reader.read(choice.source, isSecret: isSecret)
        } catch {
          let place = choice.key.map { result.path.appending($0) } ?? result.path
          context.problems.add(place.text, choice.key == nil ? error.description : error.withoutName)
        }
      }
    }
  }
}
