import FoundationEssentials

@testable import AssetITTokenClient

/// A profile's state, made from the JSON that the daemon sends.
enum Fixture {
  static let now = Date(timeIntervalSince1970: 1_795_564_800)

  static func status(
    _ profile: String = "default", state: String = "valid", refreshing: Bool = false,
    issuedAgo: Double? = 900, expiresIn: Int64? = 2_700, nextRefreshIn: Double? = 1_000, failures: Int = 0,
    message: String? = nil
  ) throws -> ProfileStatus {
    func moment(_ offset: Double?) -> String {
      offset.map { "\"\(now.addingTimeInterval($0).formatted(.iso8601))\"" } ?? "null"
    }
    let failure = message.map { text in
      #"{"class":"rejected","message":"\#(text)","at":\#(moment(-65))}"#
    }
    let json = """
      {"profile":"\(profile)","state":"\(state)","refreshing":\(refreshing),
      "issued_at":\(moment(issuedAgo.map { -$0 })),"expires_at":\(moment(expiresIn.map(Double.init))),
      "expires_in":\(expiresIn.map { "\($0)" } ?? "null"),"next_refresh_at":\(moment(nextRefreshIn)),
      "failures":\(failures),"last_error":\(failure ?? "null")}
      """
    return try JSON.decode(ProfileStatus.self, Array(json.utf8))
  }
}
