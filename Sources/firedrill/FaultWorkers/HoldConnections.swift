import Clients

/// `hold-connections`: opens database connections and keeps them until it is ended.
enum HoldConnections {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let configuration = PostgresConfiguration(
      host: try order.text("host"), port: try order.number("port"), database: try order.text("database"),
      user: try order.text("user"), password: order.secret, applicationName: "held", statements: .unnamed)
    let count = try order.number("count")
    var held: [PostgresConnection] = []
    var refusal = ""
    for _ in 0..<count {
      do {
        held.append(try await PostgresConnection.connect(configuration))
      } catch {
        refusal = "; then: \(error)"
        break
      }
    }
    FaultOrder.ready("held \(held.count) of \(count)\(refusal)")
    await FaultOrder.untilEnded()
    for connection in held { await connection.close() }
  }
}
