import ArgumentParser

struct ConfigurationOption: ParsableArguments {
  @Option(name: [.customLong("config"), .customShort("c")], help: "The configuration file (TOML).")
  var path = "/etc/assetit-tokend/config.toml"
}
