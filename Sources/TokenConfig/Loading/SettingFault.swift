/// What is wrong with one setting: the end of a sentence that begins with the setting's name.
struct SettingFault: Error {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  init(_ fault: URLParts.Fault) {
    text =
      switch fault {
      case .notURL: "must be a URL such as https://host.example"
      case .badCharacter: "must be a URL without spaces, backslashes or characters outside of ASCII"
      case .badHost: "must name a host, as in https://host.example"
      case .badPort: "must have a port between 1 and 65535, or none"
      }
  }
}
