/// What a monitoring system is told, read at one moment.
package struct ControlMetrics: Equatable, Sendable {
  package struct Profile: Equatable, Sendable {
    package let state: ProfileState
    package let statistics: ExchangeStatistics
    /// Through the token socket, since it was opened.
    package let tokenReaders: ReaderCount
    /// Over HTTP, since the start of this process.
    package let httpReaders: ReaderCount

    package init(
      state: ProfileState, statistics: ExchangeStatistics, tokenReaders: ReaderCount, httpReaders: ReaderCount
    ) {
      self.state = state
      self.statistics = statistics
      self.tokenReaders = tokenReaders
      self.httpReaders = httpReaders
    }
  }

  /// In order of names.
  package let profiles: [Profile]
  package let trouble: Trouble

  package init(profiles: [Profile], trouble: Trouble = Trouble()) {
    self.profiles = profiles
    self.trouble = trouble
  }
}

/// Readers that got a header, and those that the access list turned away.
package struct ReaderCount: Equatable, Sendable {
  package var served: Int
  package var denied: Int

  package init(served: Int = 0, denied: Int = 0) {
    self.served = served
    self.denied = denied
  }
}
