import Hummingbird
import NIOCore

/// The routes that operators and machines look at: `/healthz`, `/readyz`, `/metrics`.
enum OperationsRoutes {
  static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

  static func add(to router: FleetRouter, readiness: Readiness) {
    // Alive means that the process answers; what it depends on isn't looked at, or one dead database restarts
    // everything.
    router.get("/healthz") { _, _ in
      JSONBody.response(bytes: ByteBuffer(string: #"{"status":"alive"}"#))
    }
    router.get("/readyz") { _, _ in
      let report = await readiness.report()
      return JSONBody.response(report, status: report.error == nil ? .ok : .serviceUnavailable)
    }
    router.get("/metrics") { _, _ in
      let text = PrometheusRegistry.shared.exposition() + ProcessMetrics.exposition()
      return Response(
        status: .ok, headers: [.contentType: PrometheusText.contentType],
        body: .init(byteBuffer: ByteBuffer(string: text)))
    }
  }
}
