internal import TokenCore

/// What a whole answer of 2xx means: pure, so that any bytes can be tried on it.
struct AnswerReading {
  let body: [UInt8]
  let headers: ServiceHeaders
  /// This host's time of day, seconds since 1970.
  let localNow: Double

  /// - Throws: what is wrong with the answer.
  func grant(_ reader: TokenReader, assumedLifetime: Duration) throws(UnusableAnswer) -> TokenGrant {
    let finding = try reader.read(body)
    let verdict = try lifetime(finding, assumedLifetime).judge()
    return TokenGrant(
      token: finding.token, lifetime: verdict.lifetime, validAfter: verdict.validAfter,
      issuedAt: finding.claims.issuedAt, expiresAt: finding.claims.expiresAt,
      remarks: finding.remarks + verdict.remarks)
  }

  private func lifetime(_ finding: TokenReader.Finding, _ assumed: Duration) -> TokenLifetime {
    TokenLifetime(
      claims: finding.claims, expiresIn: finding.expiresIn, serviceDate: headers.date,
      hasAge: headers.hasAge, localNow: localNow, assumed: assumed)
  }
}
