/// `PUT /_sim/credentials`: what is absent stays.
struct CredentialsChange: ControlBody {
  let clientID: String?
  let clientSecret: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case clientID = "client_id"
    case clientSecret = "client_secret"
  }

  func validate() {}
}
