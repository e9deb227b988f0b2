import DrillCore

/// Turns planned requests into HTTP, with what the user remembers, and reads what comes back.
struct Users: Sendable {
  private let states: [UserState]
  private let echo: [String]
  /// The address of the gateway, `http://host:port`; visits to nodes carry their own.
  private let base: String

  init(count: Int, base: String, echo: [String]) {
    states = (0..<max(count, 1)).map { _ in UserState() }
    self.base = base
    self.echo = echo
  }

  /// What is really asked: somebody without a session opens one before they order, and somebody without an order has
  /// none to look at.
  func operation(for planned: PlannedRequest) -> DrillCore.Operation {
    let user = states[planned.user % states.count]
    switch planned.operation {
    case .order, .orders: return user.hasSession ? planned.operation : .session
    case .orderAgain, .orderRead:
      guard user.hasSession else { return .session }
      return user.order == nil ? .orders : planned.operation
    case .cancel:
      guard user.hasSession else { return .session }
      guard let order = user.order, !order.cancelled else { return .orders }
      return .cancel
    default: return planned.operation
    }
  }

  /// The request, and the id it is about.
  func call(_ operation: DrillCore.Operation, _ planned: PlannedRequest) -> (call: Call, key: String?) {
    let user = states[planned.user % states.count]
    let root = planned.target.map { "http://\($0.authority)" } ?? base
    let sku = planned.items.first?.sku ?? "SKU-0001"
    let order = user.order
    var call = Call(method: "GET", url: root)
    var key: String?
    switch operation {
    case .browse: call.url += "/products?limit=20"
    case .product: call.url += "/products/\(sku)"
    case .stock: call.url += "/stock/\(sku)"
    case .orders: call.url += "/orders"
    case .report: call.url += "/admin/report"
    case .session:
      call = Call(method: "POST", url: root + "/sessions", body: "{}")
    case .reserve:
      key = planned.id
      let body = "{\"id\":\"\(planned.id)\",\"items\":\(Self.json(planned.items)),\"ttl_seconds\":60}"
      call = Call(method: "POST", url: root + "/reservations", body: body)
    case .order:
      key = planned.id
      call = Call(method: "POST", url: root + "/orders", body: "{\"items\":\(Self.json(planned.items))}")
      call.headers.append(("Idempotency-Key", planned.id))
    case .orderAgain:
      key = order?.key
      call = Call(method: "POST", url: root + "/orders", body: order?.body)
      call.headers.append(("Idempotency-Key", order?.key ?? planned.id))
    case .orderRead:
      key = order?.id
      call.url += "/orders/\(order?.id ?? "")"
    case .cancel:
      key = order?.id
      call = Call(method: "POST", url: root + "/orders/\(order?.id ?? "")/cancel", body: "{}")
    }
    if let cookie = user.cookieHeader { call.headers.append(("Cookie", cookie)) }
    call.headers += user.echoes
    return (call, key)
  }

  /// Remembers what the reply gave, and writes into `event` what a check may want to read.
  func absorb(
    _ answer: LoadClient.Answer, of operation: DrillCore.Operation, _ planned: PlannedRequest, body sent: String?,
    into event: inout RequestEvent
  ) {
    let user = states[planned.user % states.count]
    guard case .reply(let status, let headers, let data) = answer else {
      if case .cut(let word) = answer { event.code = word }
      return event.outcome = .unknown
    }
    event.status = status
    event.outcome = Outcome(status: status)
    event.instance = headers.first { $0.0.lowercased() == "x-instance" }?.1
    user.keep(setCookies: headers.filter { $0.0.lowercased() == "set-cookie" }.map(\.1))
    for (name, value) in headers where echo.contains(where: { $0.lowercased() == name.lowercased() }) {
      user.keep(echo: name, value: value)
    }
    let body = ReplyBody(data)
    guard event.outcome == .ok else {
      event.code = body?.error?.code
      event.detail = body?.error?.message ?? String(decoding: data.prefix(200), as: UTF8.self)
      return
    }
    event.values = body?.values
    var labels: [String: String] = [:]
    labels["sku"] = body?.sku
    switch operation {
    case .order, .orderAgain:
      labels["order"] = body?.id
      labels["state"] = body?.status
      if operation == .order, let id = body?.id, let sent {
        user.keep(order: UserState.Order(key: planned.id, body: sent, id: id))
      }
    case .orderRead: labels["state"] = body?.status
    case .cancel:
      labels["state"] = body?.status
      if let id = event.key { user.cancelled(id) }
    case .reserve:
      labels["id"] = body?.id
      labels["sku"] = planned.items.first?.sku
    default: break
    }
    event.labels = labels.isEmpty ? nil : labels
  }

  private static func json(_ items: [PlannedRequest.Item]) -> String {
    "[" + items.map { "{\"sku\":\"\($0.sku)\",\"quantity\":\($0.quantity)}" }.joined(separator: ",") + "]"
  }
}
