import DrillCore
import NIOCore
import NIOHTTP1

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

  /// A request as it is really made.
  struct Made: Sendable {
    var operation: DrillCore.Operation
    var call: Call
    /// The id it is about.
    var key: String?
  }

  /// Turns a planned request into HTTP. Somebody without a session opens one before they order, and somebody without an
  /// order has none to look at or to cancel: they look at the list.
  func make(_ planned: PlannedRequest) -> Made {
    let user = states[planned.user % states.count]
    var operation = planned.operation
    var order: UserState.Order?
    if Self.needsSession(operation), !user.hasSession { operation = .session }
    switch operation {
    case .orderAgain, .orderRead: order = user.order
    case .cancel: order = user.takeForCancel()
    default: break
    }
    if [.orderAgain, .orderRead, .cancel].contains(operation), order == nil { operation = .orders }
    var (call, key) = call(operation, planned, order)
    if let cookie = user.cookieHeader { call.headers.append(("Cookie", cookie)) }
    call.headers += user.echoes
    return Made(operation: operation, call: call, key: key)
  }

  private static func needsSession(_ operation: DrillCore.Operation) -> Bool {
    switch operation {
    case .order, .orders, .orderAgain, .orderRead, .orderUnknown, .cancel: true
    default: false
    }
  }

  private func call(
    _ operation: DrillCore.Operation, _ planned: PlannedRequest, _ order: UserState.Order?
  ) -> (Call, String?) {
    let root = planned.target.map { "http://\($0.authority)" } ?? base
    let sku = planned.items.first?.sku ?? "SKU-0001"
    func get(_ path: String) -> Call { Call(method: "GET", url: root + path) }
    func post(_ path: String, _ body: String?) -> Call { Call(method: "POST", url: root + path, body: body) }
    switch operation {
    case .browse: return (get("/products?limit=20"), nil)
    case .product, .productHot: return (get("/products/\(sku)"), nil)
    case .productStock: return (get("/products/\(sku)/stock"), nil)
    case .stock: return (get("/stock/\(sku)"), nil)
    case .orders: return (get("/orders"), nil)
    case .report: return (get("/admin/report"), nil)
    case .session: return (post("/sessions", "{}"), nil)
    case .orderRead: return (get("/orders/\(order?.id ?? "")"), order?.id)
    case .orderUnknown: return (get("/orders/\(planned.id)"), planned.id)
    case .cancel: return (post("/orders/\(order?.id ?? "")/cancel", "{}"), order?.id)
    case .reserve:
      let body = "{\"id\":\"\(planned.id)\",\"items\":\(Self.json(planned.items)),\"ttl_seconds\":60}"
      return (post("/reservations", body), planned.id)
    case .order:
      var call = post("/orders", "{\"items\":\(Self.json(planned.items))}")
      call.headers.append(("Idempotency-Key", planned.id))
      return (call, planned.id)
    case .orderAgain:
      var call = post("/orders", order?.body)
      call.headers.append(("Idempotency-Key", order?.key ?? planned.id))
      return (call, order?.key)
    }
  }

  /// Remembers what the reply gave, and writes into `event` what a check may want to read.
  func absorb(_ answer: Answer, of made: Made, _ planned: PlannedRequest, into event: inout RequestEvent) {
    let user = states[planned.user % states.count]
    guard case .reply(let status, let headers, let buffer) = answer else {
      if case .cut(let word) = answer { event.code = word }
      return event.outcome = .unknown
    }
    event.status = status
    event.outcome = Outcome(status: status)
    event.instance = headers.first(name: "X-Instance")
    user.keep(setCookies: headers["Set-Cookie"], comingIn: made.operation == .session)
    for name in echo {
      for value in headers[name] { user.keep(echo: name, value: value) }
    }
    let body = ReplyBody(buffer)
    guard event.outcome == .ok else {
      event.code = body?.error?.code
      event.detail = body?.error?.message ?? String(decoding: buffer.readableBytesView.prefix(200), as: UTF8.self)
      return
    }
    event.values = body?.values
    var labels: [String: String] = [:]
    labels["sku"] = body?.sku
    switch made.operation {
    case .order, .orderAgain:
      labels["order"] = body?.id
      labels["state"] = body?.status
      if made.operation == .order, let id = body?.id, let sent = made.call.body {
        user.keep(order: UserState.Order(key: planned.id, body: sent, id: id))
      }
    case .productHot: labels["text"] = body?.description
    case .orderRead, .cancel: labels["state"] = body?.status
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
