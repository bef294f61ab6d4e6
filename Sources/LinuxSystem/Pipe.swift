internal import Glibc

/// A pipe whose ends close with it (pipe(7)); none is inherited unless it is named.
package struct Pipe: ~Copyable {
  package let reader: OwnedFD
  private var writingEnd: OwnedFD?

  /// The reading end doesn't block.
  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try retrying("make", "a pipe") { pipe(&ends) }
    let reading = OwnedFD(ends[0])
    let writing = OwnedFD(ends[1])
    for end in ends { try retrying("set up", "a pipe") { fcntl(end, F_SETFD, FD_CLOEXEC) } }
    try retrying("set up", "a pipe") { fcntl(ends[0], F_SETFL, O_NONBLOCK) }
    reader = consume reading
    writingEnd = consume writing
  }

  package var writer: Int32 {
    switch writingEnd {
    case .some(let end): end.raw
    case nil: -1
    }
  }

  package mutating func closeWriter() {
    writingEnd = nil
  }

  /// What there is to read now; `nil` at the end.
  package borrowing func read() -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(reader.raw, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<count]
        if bytes.count >= 256 << 10 { return bytes }
      } else if count == 0 {
        return bytes.isEmpty ? nil : bytes
      } else if errno != EINTR {
        return bytes
      }
    }
  }
}
