/// What a monitoring system is told, read at one moment.
package struct ControlMetrics: Equatable, Sendable {
  package struct Profile: Equatable, Sendable {
    package let state: ProfileState
    package let statistics: ExchangeStatistics
    /// Through the token socket, since it was opened.
    package let tokenReaders: ReaderCount
    /// Over HTTP, since the start of this process.
    package let httpReaders: ReaderCount
  }

  /// In order of names.
  package let profiles: [Profile]
}

/// Readers that got a header, and those that the access list turned away.
package struct ReaderCount: Equatable, Sendable {
  package var served = 0
  package var denied = 0
}
