import Glibc

/// A program that the package builds. It lies beside the test program in the build directory.
package enum BuiltProgram: String {
  case daemon = "assetit-tokend"
  case simulator = "assetit-sim"
  case client = "assetit-token"

  package var path: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + rawValue
  }
}
