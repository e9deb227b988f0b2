/// One planned request and what it came to.
///
/// Every planned request gives exactly one event, also one that was never sent. Latency counts from the *scheduled*
/// time, so a stalled server can't hide behind a generator that waits for it ("coordinated omission").
public struct RequestEvent: Sendable, Equatable, Codable {
  /// The stream it belongs to, for instance `users` or `sweep`.
  public var stream: String
  /// The kind of operation, for instance `stock`.
  public var op: String
  /// The node that was asked, where the stream asks nodes by address.
  public var target: String?
  /// When it was due, in nanoseconds since the grade began.
  public var scheduled: Int64
  /// When it was sent; `nil` when it never was.
  public var sent: Int64?
  /// When the reply was complete or the request was given up.
  public var done: Int64?
  /// The HTTP status, when there was a reply.
  public var status: Int?
  /// What it came to.
  public var outcome: Outcome
  /// The `X-Instance` of the reply.
  public var instance: String?
  /// The error code of the reply's body, or the generator's word for what cut it: `timeout`, `connect`, `cut`.
  public var code: String?
  /// The first words of a refusal.
  public var detail: String?
  /// The id the request was about: an idempotency key, a reservation's id, an order's id.
  public var key: String?
  /// What the request asked or the reply said, in words: `sku`, `order`, `state`.
  public var labels: [String: String]?
  /// What the reply said, in numbers: `on_hand`, `price_cents`, `total_cents`.
  public var values: [String: Int64]?

  enum CodingKeys: String, CodingKey {
    case stream, op, target, status, outcome, instance, code, detail, key, labels, values
    case scheduled = "scheduled_ns"
    case sent = "sent_ns"
    case done = "done_ns"
  }

  /// A request of `stream` that came to `outcome`.
  public init(
    stream: String, op: String, target: String? = nil, scheduled: Int64, sent: Int64? = nil, done: Int64? = nil,
    status: Int? = nil, outcome: Outcome, instance: String? = nil, code: String? = nil, detail: String? = nil,
    key: String? = nil, labels: [String: String]? = nil, values: [String: Int64]? = nil
  ) {
    self.stream = stream
    self.op = op
    self.target = target
    self.scheduled = scheduled
    self.sent = sent
    self.done = done
    self.status = status
    self.outcome = outcome
    self.instance = instance
    self.code = code
    self.detail = detail
    self.key = key
    self.labels = labels
    self.values = values
  }

  /// Nanoseconds from the scheduled time to the end of the reply; `nil` while there is none.
  public var latency: Int64? { done.map { $0 - scheduled } }

  /// Nanoseconds by which the generator itself was late; `nil` when the request was never sent.
  public var lateness: Int64? { sent.map { $0 - scheduled } }
}
