/// A few products that get far more than their share of the picks: what makes a cache entry or a row hot.
public struct HotPlan: Sendable, Equatable, Codable {
  /// How many products are hot, from 1; the seed draws which, among those that the load asks for.
  public var count: Int
  /// Which share of all product picks (pages and cart lines) goes to them, 0...1; the rest goes to the others.
  public var share: Double

  /// So many hot products with such a share.
  public init(count: Int, share: Double) {
    self.count = count
    self.share = share
  }
}

/// What is in a cart. The lines are distinct products in random order: the order in which a shop that does not sort
/// them locks its rows.
public struct CartPlan: Sendable, Equatable, Codable {
  /// How many lines a cart has, from 1, each number as likely.
  public var lines: ClosedRange<Int>
  /// The most pieces of one product, from 1.
  public var quantity: Int

  /// Carts of so many lines.
  public init(lines: ClosedRange<Int>, quantity: Int) {
    self.lines = lines
    self.quantity = quantity
  }
}

/// Users who read their own write: each opens a session, places an order and reads it, once, a while after the reply.
public struct FollowPlan: Sendable, Equatable, Codable {
  /// The fewest sessions: fewer delays would leave room for a wait that happens to fit between them.
  public static let fewest = 20

  /// How many sessions there are, `fewest` at least (a smaller number counts as that); each has a delay of its own.
  public var count: Int
  /// From when to when after the write's reply the read is due. One delay is drawn from each of `count` equal slices.
  public var delays: ClosedRange<Duration>
  /// How long a user waits for each reply.
  public var patience: Duration

  /// So many sessions with such delays.
  public init(count: Int, delays: ClosedRange<Duration>, patience: Duration) {
    self.count = count
    self.delays = delays
    self.patience = patience
  }
}

/// A closed loop that finds out how much the shop can do: each client sends its next request when the last is done.
///
/// It measures goodput (2xx replies a second). It says little about latency: a shop that stalls is asked less often.
public struct SaturatePlan: Sendable, Equatable, Codable {
  /// Whose instances are asked directly, in turn; `nil` for the gateway.
  public var service: String?
  /// How many clients there are, from 1; each is a user of its own.
  public var clients: Int
  /// The weight of each operation.
  public var mix: [Operation: Int]
  /// How long a client waits for a reply.
  public var patience: Duration
  /// How long a client waits after a 2xx reply before its next request.
  public var think: Duration
  /// How long a client waits after anything else: one that is refused at once would only spin.
  public var pause: Duration

  /// So many clients with such a mix.
  public init(
    service: String? = nil, clients: Int, mix: [Operation: Int], patience: Duration, think: Duration = .zero,
    pause: Duration = .milliseconds(20)
  ) {
    self.service = service
    self.clients = clients
    self.mix = mix
    self.patience = patience
    self.think = think
    self.pause = pause
  }
}
