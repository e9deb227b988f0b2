/// The statements of the service, each in the file `SQL/<name>.sql`.
enum OrderSQL: String, CaseIterable {
  case claim, key, takeover, unclaim, finish
  case orderInsert = "order-insert"
  case itemsInsert = "items-insert"
  case itemsPrice = "items-price"
  case orderTotal = "order-total"
  case orderAdvance = "order-advance"
  case outbox, order
  case ordersOfSession = "orders-of-session"
  case unfinished
  case reportStates = "report-states"
  case reportSellers = "report-sellers"
  case connections, heartbeat
  case heartbeatLook = "heartbeat-look"

  /// The file's text, as it was when the program was built.
  var builtIn: [UInt8] {
    switch self {
    case .claim: PackageResources.claim_sql
    case .key: PackageResources.key_sql
    case .takeover: PackageResources.takeover_sql
    case .unclaim: PackageResources.unclaim_sql
    case .finish: PackageResources.finish_sql
    case .orderInsert: PackageResources.order_insert_sql
    case .itemsInsert: PackageResources.items_insert_sql
    case .itemsPrice: PackageResources.items_price_sql
    case .orderTotal: PackageResources.order_total_sql
    case .orderAdvance: PackageResources.order_advance_sql
    case .outbox: PackageResources.outbox_sql
    case .order: PackageResources.order_sql
    case .ordersOfSession: PackageResources.orders_of_session_sql
    case .unfinished: PackageResources.unfinished_sql
    case .reportStates: PackageResources.report_states_sql
    case .reportSellers: PackageResources.report_sellers_sql
    case .connections: PackageResources.connections_sql
    case .heartbeat: PackageResources.heartbeat_sql
    case .heartbeatLook: PackageResources.heartbeat_look_sql
    }
  }
}
