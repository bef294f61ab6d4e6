internal import LinuxSystem
internal import TokenCore

/// Reads the whole file: `[regions]`, `[log]`, `[api]`, `[profiles]`.
struct ConfigurationReader {
  let context: ReadingContext

  /// The configuration, worth something only where no problem was noted.
  func read(_ root: TableReader) -> (configuration: Configuration, holdsSecret: Bool) {
    let regions = regions(root.section("regions"))
    let log = root.section("log")
    let level = log.choice("level", Configuration.LogLevel.self)
    log.finish()
    let api = APISection.read(root.section("api"), context: context)
    let profiles = root.table("profiles")
    if !root.has("profiles") || (root.isTable("profiles") && profiles.keys.isEmpty) {
      root.report("profiles", "there is no profile: add a section [profiles.default]")
    }
    var results = profiles.keys.compactMap { profile($0, profiles, regions) }
    var configuration = Configuration(api: api, profiles: results.map(\.profile))
    configuration.logLevel = level ?? configuration.logLevel
    if context.loader.checksSecrets {
      let check = SecretCheck(
        reader: context.loader.credentialReader(for: configuration), look: context.loader.look)
      for index in results.indices {
        let name = results[index].profile.name
        guard (context.loader.onlyProfile ?? name) == name else { continue }
        check.run(&results[index], opensCredentials: context.loader.checksCredentials)
      }
      configuration.profiles = results.map(\.profile)
    }
    root.finish()
    configuration.unresolved = context.deferred.names
    configuration.leftOut = context.deferred.outlets
    return (configuration, results.contains { $0.holdsSecret })
  }

  private func regions(_ table: TableReader) -> [String: String?] {
    var regions: [String: String?] = [:]
    for name in table.keys {
      regions[name] = .some(nil)
      guard let text = table.string(name) else { continue }
      do throws(SettingFault) {
        regions[name] = try BaseURL.parse(text)
      } catch {
        table.report(name, error.text)
      }
    }
    return regions
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
    return ProfileSection(name: name, table: table.section(name), context: context).read(regions: regions)
  }
}
