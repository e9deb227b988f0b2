/// What the fleet's metrics mean, in the words of `# HELP`.
enum MetricDescriptions {
  static func add(to registry: PrometheusRegistry) {
    for (name, help) in all { registry.describe(name, help) }
  }

  static let all: [(String, String)] = [
    ("http_server_request_duration_seconds", "Time from a request's head to the head of its answer."),
    ("http_client_request_duration_seconds", "Time of calls to other services, by answer."),
    ("http_client_attempts_total", "Attempts of calls to other services that may be repeated."),
    ("http_client_retries_total", "Attempts that repeated a failed one."),
    ("http_client_retry_budget_exhausted_total", "Repetitions that the retry budget didn't allow."),
    ("http_client_circuit_breaker_state", "Whether the circuit breaker is in this state (1) or not (0)."),
    ("http_client_circuit_breaker_not_permitted_total", "Calls that the circuit breaker didn't let through."),
    ("http_client_bulkhead_rejected_total", "Calls that found too many others under way."),
    ("http_server_requests_shed_total", "Requests that were turned away, by reason."),
    ("db_client_connection_count", "Connections of the pool, by state."),
    ("db_client_connection_max", "The most connections the pool opens."),
    ("db_client_connection_pending_requests", "Requests waiting for a connection."),
    ("db_client_connection_timeouts_total", "Requests that waited for a connection in vain."),
    ("db_client_connection_wait_time_seconds", "How long requests waited for a connection."),
    ("postgres_server_connections", "Clients connected to the database server, as last seen from here."),
    ("postgres_server_max_connections", "The most connections the database server takes, as last seen from here."),
    ("cache_requests_total", "Look-ups in a cache, by result."),
  ]
}
