import ArgumentParser
import TokenConfig
import TokenCore

/// A duration as the configuration writes it.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    guard let duration = try? DurationText.parse(argument) else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { DurationText.format(duration) }
}
