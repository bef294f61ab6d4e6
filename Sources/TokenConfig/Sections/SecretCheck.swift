internal import LinuxSystem
internal import TokenCore

/// Opens what a profile's secrets lie in, now that all groups of readers are known.
struct SecretCheck {
  let reader: CredentialReader
  let look: FolderLook

  /// Notes what is wrong, and fills in the headers whose values come from files.
  func run(_ result: inout ProfileSection.Result, opensCredentials: Bool) {
    for (choice, isSecret) in [(result.clientID, false), (result.clientSecret, true)] where opensCredentials {
      guard let choice else { continue }
      do throws(CredentialError) {
        // One that doesn't answer now is read when it is needed.
        _ = try read(choice.source, isSecret: isSecret)
      } catch {
        let place = choice.key.map { result.path.appending($0) } ?? result.path
        result.problems.add(place.text, choice.key == nil ? error.description : error.withoutName)
      }
    }
    for file in result.exchange.secretFiles {
      do throws(CredentialError) {
        switch file.use {
        case .key: try reader.judge(file.path)
        case .header(let name): try addHeader(name, file, &result)
        }
      } catch {
        result.problems.add(file.place.text, error.description)
      }
    }
  }

  /// - Returns: `nil` where the folder doesn't answer.
  private func read(_ source: CredentialSource, isSecret: Bool) throws(CredentialError) -> Secret? {
    guard case .file(let path) = source else { return try reader.read(source, isSecret: isSecret) }
    let result = look(Folder.folderPath(of: path)) { [reader] in
      Result { () throws(CredentialError) in try reader.read(source, isSecret: isSecret) }
    }
    return try result?.get()
  }

  private func addHeader(
    _ name: String, _ file: ExchangeSection.SecretFile, _ result: inout ProfileSection.Result
  ) throws(CredentialError) {
    guard let value = try read(.file(file.path), isSecret: true) else {
      return result.problems.add(file.place.text, "\(file.path) doesn't answer: look at its file system")
    }
    do throws(RequestHeader.Fault) {
      result.profile.exchange.headers.append(try RequestHeader(name: name, value: value))
    } catch {
      result.problems.add(
        file.place.text, "\(file.path) holds no header's value: \(ExchangeSection.text(error))")
    }
  }
}
