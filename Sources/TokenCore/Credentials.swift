/// What the Authentication endpoint turns into a token.
package struct Credentials: Equatable, Sendable {
  package let clientID: Secret
  package let clientSecret: Secret

  package init(clientID: Secret, clientSecret: Secret) {
    self.clientID = clientID
    self.clientSecret = clientSecret
  }
}
