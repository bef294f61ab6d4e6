internal import LinuxSystem
internal import TokenCore

/// `[api]`.
enum APISection {
  static func read(_ table: TableReader, context: ReadingContext) -> APIConfiguration {
    let folder = context.loader.runtimeDirectory
    var api = APIConfiguration()
    let isShared = table.boolean("shared_folder") ?? false
    // Where nobody named one, a host without the folder of the default goes without the socket.
    if table.has("socket") || FileStamp(path: folder) != nil {
      api.socketPath = SocketSection.path(
        table, key: "socket", "\(folder)/api.sock", profile: nil, isShared: isShared, context)
    }
    api.mode = table.mode("mode", problem: FileMode.problem(ofSocket:)) ?? api.mode
    api.group = context.group(table, use: .apiGroup)
    api.metricsListen = metricsListen(table)
    table.finish()
    return api
  }
  /// In its one form, so that another spelling is no change.
  private static func metricsListen(_ table: TableReader) -> String? {
    guard let text = table.string("metrics_listen") else { return nil }
    do throws(LoopbackAddress.Fault) {
      return try LoopbackAddress(text).description
    } catch {
      switch error {
      case .malformed: table.report("metrics_listen", "must be HOST:PORT such as \"127.0.0.1:9464\"")
      case .notLoopback: table.report("metrics_listen", "must be on loopback, as in \"127.0.0.1:9464\"")
      }
      return nil
    }
  }
}
