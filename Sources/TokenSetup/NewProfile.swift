/// A profile as `setup` writes it.
package struct NewProfile: Equatable, Sendable {
  /// Where its AssetIT is.
  package enum Place: Equatable, Sendable {
    case baseURL(String)
    /// A name from `[regions]`.
    case region(String)
  }

  package var name: String
  package var place: Place
  package var clientID: String
  /// Named only where the unit doesn't load the secret by itself.
  package var secretFile: String?
  /// Lines of `[profiles.NAME.api]`.
  package var api: [Setting]

  package init(
    name: String, place: Place, clientID: String, secretFile: String? = nil, api: [Setting] = []
  ) {
    self.name = name
    self.place = place
    self.clientID = clientID
    self.secretFile = secretFile
    self.api = api
  }

  /// Its sections of the configuration.
  var text: String {
    var settings =
      switch place {
      case .baseURL(let url): [Setting("base_url", url)]
      case .region(let name): [Setting("region", name)]
      }
    settings.append(Setting("client_id", clientID))
    if let secretFile { settings.append(Setting("client_secret_file", secretFile)) }
    var lines = ["[profiles.\(name)]"] + settings.map(\.line)
    if !api.isEmpty { lines += ["", "[profiles.\(name).api]"] + api.map(\.line) }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A key and a string, as a line of TOML.
package struct Setting: Equatable, Sendable {
  package let key: String
  package let value: String

  package init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  package var line: String { "\(key) = \(Self.quoted(value))" }

  /// A basic string (TOML 1.0, String).
  package static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\" + String(scalar)
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text + "\""
  }
}
