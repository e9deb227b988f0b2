/// A fault of one link, under a lease.
struct Toxic: Sendable, Equatable {
  /// What it is called; unique in this proxy.
  var id: String
  /// The link it acts on.
  var link: String
  var kind: ToxicKind
  /// The ways whose bytes it acts on; both for kinds that act on whole connections.
  var directions: Set<Direction> = Set(Direction.allCases)
  /// The share of connections it acts on, 0 to 1.
  var probability: Double = 1
  /// Decides which connections those are.
  var seed: UInt64 = 0
  /// After so many seconds it ends by itself.
  var leaseSeconds: Int

  /// Whether it acts on a connection.
  /// - Parameter index: 0 for the first connection accepted after the toxic began, -1 for the one before.
  func acts(on index: Int) -> Bool {
    Draw.share(seed: seed, id: id, index: index) < probability
  }
}

/// A toxic at work.
struct ActiveToxic {
  let toxic: Toxic
  /// Tells this toxic from an earlier one with the same id.
  let number: Int
  /// The number of the first connection of its link that was accepted after it began.
  let firstConnection: Int
  /// When it ends by itself (monotonic, ns).
  var expires: UInt64
  /// How many connections it ended as soon as they were accepted.
  var failed = 0

  /// Whether it acts on the link's connection of that number.
  func acts(onConnection connection: Int) -> Bool { toxic.acts(on: connection - firstConnection) }

  /// Whether it ends that connection as soon as it is accepted.
  func fails(connection: Int) -> Bool {
    guard case .failFirst(let count) = toxic.kind else { return false }
    return connection - firstConnection < count && acts(onConnection: connection)
  }
}
