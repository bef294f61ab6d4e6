/// A token that readers may be given until its deadline.
package struct HeldToken: Equatable, Sendable {
  package let grant: TokenGrant
  /// When the request that brought it was sent; its lifetime counts from here.
  package let requestedAt: BootTime
  /// When it is to be replaced.
  package internal(set) var refreshAt: BootTime

  package init(grant: TokenGrant, requestedAt: BootTime, refreshAt: BootTime) {
    self.grant = grant
    self.requestedAt = requestedAt
    self.refreshAt = refreshAt
  }

  package var token: Secret { grant.token }
  /// From here on nobody gets it any more.
  package var deadline: BootTime { requestedAt + grant.lifetime }

  package func isValid(at now: BootTime) -> Bool { now < deadline }
}
