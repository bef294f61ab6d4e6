import LinuxSystem

/// How many descriptors this process may have: most users' soft limit is 1,024, and the hard one is much higher.
package enum DescriptorLimit {
  /// Whether crowds of thousands can be tried; the soft limit is raised to the hard one for it.
  package static let isHigh = ProcessLimits.raiseDescriptorLimit() >= 16_384

  package static var remedy: String { "needs 16,384 descriptors: raise the hard limit, ulimit -Hn" }
}
