internal import TokenCore

/// Opens what a profile's secrets lie in, now that all groups of readers are known.
struct SecretCheck {
  let reader: CredentialReader

  /// Notes what is wrong, and fills in the headers whose values come from files.
  func run(_ result: inout ProfileSection.Result) {
    for (choice, isSecret) in [(result.clientID, false), (result.clientSecret, true)] {
      guard let choice else { continue }
      do throws(CredentialError) {
        _ = try reader.read(choice.source, isSecret: isSecret)
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

  private func addHeader(
    _ name: String, _ file: ExchangeSection.SecretFile, _ result: inout ProfileSection.Result
  ) throws(CredentialError) {
    let value = try reader.read(.file(file.path), isSecret: true)
    do throws(RequestHeader.Fault) {
      result.profile.exchange.headers.append(try RequestHeader(name: name, value: value))
    } catch {
      result.problems.add(
        file.place.text, "\(file.path) holds no header's value: \(ExchangeSection.text(error))")
    }
  }
}
