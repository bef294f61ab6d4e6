import Testing

@Suite("Metrics")
struct MetricsTests {
  /// Samples by name and labels.
  private func samples(_ text: String) throws -> [String: Double] {
    var samples: [String: Double] = [:]
    var family = ""
    for line in text.split(separator: "\n") where line != "# EOF" {
      if line.hasPrefix("# TYPE ") {
        family = String(line.split(separator: " ")[2])
      } else if !line.hasPrefix("#") {
        let space = try #require(line.lastIndex(of: " "))
        #expect(line.hasPrefix(family), "\(line) is not of \(family)")
        let key = String(line[..<space])
        #expect(samples[key] == nil, "\(key) twice")
        samples[key] = Double(line[space...].dropFirst())
        #expect(samples[key] != nil, "\(line)")
      }
    }
    return samples
  }

  @Test("they say what has happened, in OpenMetrics")
  func values() async throws {
    try await Rig.run { rig in
      _ = try await rig.header()
      let socket = "\(rig.folder)/default.sock"
      for _ in 0..<3 { _ = try await onThread { try Wire(path: socket).readToEnd() } }
      try await rig.set(faults: #"{"times":1,"status":500}"#)
      _ = try await rig.ask("POST", "/v1/profiles/default/refresh")
      let answer = try await rig.ask("GET", "/metrics")
      #expect(answer.status == 200)
      #expect(
        answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(answer.text.hasSuffix("\n# EOF\n"))
      #expect(!answer.text.contains("eyJ"))
      let samples = try samples(answer.text)
      let one = #"{profile="default"}"#
      #expect(samples["assetit_refreshes_total" + one] == 2)
      #expect(samples[#"assetit_refresh_failures_total{profile="default",class="transient"}"#] == 1)
      #expect(samples[#"assetit_refresh_failures_total{profile="default",class="rejected"}"#] == 0)
      #expect(samples["assetit_consecutive_failures" + one] == 1)
      #expect(samples["assetit_exchange_duration_seconds_count" + one] == 2)
      #expect(samples[#"assetit_exchange_duration_seconds_bucket{profile="default",le="+Inf"}"#] == 2)
      #expect(samples[#"assetit_readers_served_total{profile="default",socket="token"}"#] == 3)
      #expect(samples[#"assetit_readers_served_total{profile="default",socket="http"}"#] == 1)
      #expect(samples[#"assetit_profile_state{profile="default",state="failing"}"#] == 1)
      #expect(samples[#"assetit_profile_state{profile="default",state="valid"}"#] == 0)
      #expect(samples["assetit_token_valid" + one] == 1)
      #expect(samples["assetit_ready"] == 1)
      let expiry = try #require(samples["assetit_token_expiry_timestamp_seconds" + one])
      let issued = try #require(samples["assetit_token_issued_timestamp_seconds" + one])
      #expect(598...600 ~= expiry - issued)
      #expect(try #require(samples["assetit_next_refresh_timestamp_seconds" + one]) > issued)
      #expect(samples[#"assetit_http_requests_total{code="503"}"#] == 1)
    }
  }

  @Test("without a token its times are absent, and nothing is ready")
  func withoutToken() async throws {
    try await Rig.run(refresh: #"retry_min = "60s""#, faults: #"{"status":500}"#) { rig in
      let samples = try samples(try await rig.ask("GET", "/metrics").text)
      #expect(samples["assetit_ready"] == 0)
      #expect(samples[#"assetit_token_valid{profile="default"}"#] == 0)
      #expect(samples[#"assetit_token_expiry_timestamp_seconds{profile="default"}"#] == nil)
      #expect(samples[#"assetit_refresh_failures_total{profile="default",class="transient"}"#] == 1)
      #expect(samples[#"assetit_profile_state{profile="default",state="unavailable"}"#] == 1)
    }
  }

  @Test("Prometheus's own linter has nothing to say about either format", .enabled(if: Program.hasPromtool))
  func linter() async throws {
    try await Rig.run { rig in
      let plain = try await rig.ask("GET", "/metrics", ["Host: x", "Accept: text/plain"])
      #expect(plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      let folder = rig.folder
      let said = try await onThread {
        try Program.run(["promtool", "check", "metrics"], input: plain.body, in: folder)
      }
      #expect(said.output == "")
      #expect(said.status == 0)
    }
  }
}
