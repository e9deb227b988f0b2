/// What a window does about the pages of the load's hot products: each is looked at once before the window opens, and
/// what the lab's database servers read meanwhile is counted.
public struct PagesPlan: Sendable, Equatable, Codable {
  /// How they are changed meanwhile; `nil`: not at all.
  public var edit: EditPlan?

  /// Pages, and how they are changed.
  public init(edit: EditPlan? = nil) { self.edit = edit }
}

/// The judge gives the hot products other prices and further reviews, in the database, while a window is open.
public struct EditPlan: Sendable, Equatable, Codable {
  /// How long after the window's begin; drawn from the seed.
  public var after: ClosedRange<Duration>
  /// How many customers review each of them.
  public var reviews: Int
  /// Who is killed meanwhile; `nil`: nobody.
  public var strike: StrikePlan?

  /// A change.
  public init(after: ClosedRange<Duration>, reviews: Int, strike: StrikePlan? = nil) {
    self.after = after
    self.reviews = reviews
    self.strike = strike
  }
}

/// The table of reviews is held, so that whoever sums them up stands still in the midst of it; that instance is killed,
/// and the table is let go. Prices change when the table is held, reviews when it is let go.
public struct StrikePlan: Sendable, Equatable, Codable {
  /// Whose instance is killed.
  public var service: String
  /// How long at most it is waited for somebody who sums up; after that the seed draws who is killed.
  public var within: Duration
  /// How long the instance is away before it is started again.
  public var lasts: Duration

  /// A strike.
  public init(service: String, within: Duration, lasts: Duration) {
    self.service = service
    self.within = within
    self.lasts = lasts
  }
}
