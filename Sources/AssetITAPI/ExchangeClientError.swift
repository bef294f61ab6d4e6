package import LinuxSystem

/// Why no ``ExchangeClient`` could be made.
package enum ExchangeClientError: Error, Equatable, Sendable {
  /// This function of libcurl failed, as it does when memory is short.
  case libcurl(String)
  case thread(SystemError)
}

extension ExchangeClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .libcurl(let function):
      "cannot set up libcurl (\(function) failed): check that the machine has memory left"
    case .thread(let error):
      "\(error): check the limit of tasks"
    }
  }
}
