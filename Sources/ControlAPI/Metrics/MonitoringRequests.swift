import LinuxSystem
import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

/// Requests for metrics and liveness, which the daemon's own loop answers. It is asked once for all who wait, so that
/// callers can't keep it busy. Confined to the event loop.
final class MonitoringRequests {
  private let service: ControlService
  private let loop: any EventLoop
  private var statistics = HTTPStatistics()
  private var liveness: [UInt64: Connection] = [:]
  private var isAskingForLife = false
  private var isAskingForMetrics = false
  private var metrics: [UInt64: (connection: Connection, format: MetricsText.Format)] = [:]
  /// What there is now; set once the server is complete.
  var gauges: (inout HTTPStatistics) -> Void = { _ in }

  init(_ service: ControlService, loop: any EventLoop) {
    self.service = service
    self.loop = loop
  }

  func note(_ status: HTTPResponseStatus) {
    statistics.answersByStatus[status.code, default: 0] += 1
  }

  func livez(_ id: UInt64, _ connection: Connection) {
    liveness[id] = connection
    guard !isAskingForLife else { return }
    isAskingForLife = true
    let (loop, monitoring) = (loop, NIOLoopBound(self, eventLoop: loop))
    service.ask(.livenessCheck { loop.execute { monitoring.value.isAlive() } })
  }

  func metrics(_ format: MetricsText.Format, _ id: UInt64, _ connection: Connection) {
    metrics[id] = (connection, format)
    guard !isAskingForMetrics else { return }
    isAskingForMetrics = true
    let (loop, monitoring) = (loop, NIOLoopBound(self, eventLoop: loop))
    service.ask(.metrics { metrics in loop.execute { monitoring.value.answer(metrics) } })
  }

  /// The request's connection has ended.
  func abandon(_ id: UInt64) {
    liveness[id] = nil
    metrics[id] = nil
  }

  private func isAlive() {
    isAskingForLife = false
    let waiting = liveness
    liveness = [:]
    for (id, connection) in waiting { connection.respond(.json(Health(status: "alive")), to: id) }
  }

  private func answer(_ metrics: ControlMetrics) {
    isAskingForMetrics = false
    let waiting = self.metrics
    self.metrics = [:]
    gauges(&statistics)
    let document = MetricsDocument(metrics: metrics, http: statistics, moment: .current())
    for format in MetricsText.Format.allCases where waiting.values.contains(where: { $0.format == format }) {
      let response = Response(.ok, format.contentType, document.rendered(as: format))
      for (id, request) in waiting where request.format == format {
        request.connection.respond(response, to: id)
      }
    }
  }

  func stop() {
    for (id, connection) in liveness { connection.respond(Problem.stopping.response, to: id) }
    for (id, request) in metrics { request.connection.respond(Problem.stopping.response, to: id) }
    (liveness, metrics) = ([:], [:])
  }
}
