internal import Glibc

/// Why no ``ExchangeClient`` could be made.
package enum ExchangeClientError: Error, Equatable, Sendable {
  /// This function of libcurl failed, as it does when memory is short.
  case libcurl(String)
  /// pthread_create(3) failed with this errno.
  case thread(errno: Int32)
}

extension ExchangeClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .libcurl(let function):
      "cannot set up libcurl (\(function) failed): check that the machine has memory left"
    case .thread(let code):
      "cannot start the thread for requests (\(String(cString: strerror(code)))): check the limit of tasks"
    }
  }
}
