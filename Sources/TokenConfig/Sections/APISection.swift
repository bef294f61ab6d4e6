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
    api.metricsListen = table.string("metrics_listen") { text in
      guard let parts = try? URLParts("http://" + text), parts.port != nil, parts.userInfo == nil,
        parts.path.isEmpty, !parts.hasQueryOrFragment
      else { return "must be HOST:PORT such as \"127.0.0.1:9464\"" }
      return parts.isLoopback ? nil : "must be on loopback, as in \"127.0.0.1:9464\""
    }
    table.finish()
    return api
  }
}
