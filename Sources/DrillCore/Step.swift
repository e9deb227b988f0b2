/// One thing that a trial does. New scenarios combine these; only a new kind of deed needs code.
public enum Step: Sendable, Equatable, Codable {
  /// Counts the running instances; with fewer the rest of the trial is not tried.
  case require(RequireStep)
  /// Restarts every instance at once, in an order drawn from the seed, and proves by /proc that each is a new process.
  case restart(RestartStep)
  /// Runs another number of instances for as long as this trial lasts.
  case scale(ScaleStep)
  /// Waits, bounded, until every instance has answered once.
  case settle(SettleStep)
  /// Injects faults that last until the trial ends, and verifies each by a probe of the judge's own.
  case inject(InjectStep)
  /// Finds the servers that follow the primary, and sees that each follows by itself.
  case replicas(ReplicasStep)
  /// Load, visits and probes for a while: what the checks judge.
  case window(WindowStep)
  /// Lets the payment company work off what waits there, until nobody asks it any more.
  case drain(DrainStep)
  /// Freezes the whole shop and lets one instance after the other go on alone, to see that each answers by itself.
  case alone(AloneStep)
  /// Kills the database and a few instances the moment something was acknowledged, and starts them again.
  case crash(CrashStep)
  /// Waits, bounded, until no alert of the lab fires, and records those that still do.
  case rest(RestStep)
  /// Takes database connections away in steps, with users at work, and watches the lab's alerts.
  case hold(HoldStep)
  /// Injects faults with users at work, and watches the lab's alerts.
  case provoke(ProvokeStep)
  /// Asks the lab's preflight which deploys it lets through, and measures what the lab survives.
  case preflight(PreflightStep)
  /// Asks the lab's preflight about settings that are known to be right or wrong.
  case gate(GateStep)
}

/// See `Step.require`.
public struct RequireStep: Sendable, Equatable, Codable {
  /// Whose instances are counted.
  public var service: String
  /// The fewest that the brief allows.
  public var atLeast: Int

  /// A count.
  public init(service: String, atLeast: Int) {
    self.service = service
    self.atLeast = atLeast
  }
}

/// See `Step.restart`.
public struct RestartStep: Sendable, Equatable, Codable {
  /// Whose instances are restarted.
  public var service: String

  /// A restart.
  public init(service: String) { self.service = service }
}

/// See `Step.scale`.
public struct ScaleStep: Sendable, Equatable, Codable {
  /// The service.
  public var service: String
  /// How many instances it has while the trial lasts; a lab that already has more keeps them.
  public var to: Int
  /// After this the instances come down by themselves, whatever becomes of the grader.
  public var lease: Duration

  /// A number of instances.
  public init(service: String, to: Int, lease: Duration) {
    self.service = service
    self.to = to
    self.lease = lease
  }
}

/// See `Step.settle`.
public struct SettleStep: Sendable, Equatable, Codable {
  /// Whose instances are waited for.
  public var service: String
  /// How long at most. Those that have not answered by then show in the window.
  public var within: Duration

  /// A wait.
  public init(service: String, within: Duration) {
    self.service = service
    self.within = within
  }
}

/// See `Step.inject`.
public struct InjectStep: Sendable, Equatable, Codable {
  /// What is injected, in order.
  public var faults: [FaultPlan]

  /// Faults.
  public init(faults: [FaultPlan]) { self.faults = faults }
}

/// See `Step.replicas`.
public struct ReplicasStep: Sendable, Equatable, Codable {
  /// How long they have until so many show at once what was just written: one that is being repaired gets that time.
  public var within: Duration
  /// How many are looked for.
  public var least: Int
  /// What is at once.
  public var fresh: Duration

  /// A look at each replica.
  public init(within: Duration, least: Int, fresh: Duration) {
    self.within = within
    self.least = least
    self.fresh = fresh
  }
}

/// See `Step.window`.
public struct WindowStep: Sendable, Equatable, Codable {
  /// How long it lasts; it ends early once the outcome is beyond doubt.
  public var length: Duration
  /// Whether the users of the scenario are at work.
  public var users: Bool
  /// Visits to each instance in turn.
  public var sweep: SweepPlan?
  /// Sessions that write and then read what they wrote.
  public var follow: FollowPlan?
  /// How often an operator tries to log in to the database; `nil` for never.
  public var operatorEvery: Duration?
  /// Faults that come and go meanwhile.
  public var faults: [TimedFault]
  /// Looks at the stock of the judge's own products, through the gateway.
  public var looks: LooksPlan?
  /// How often the judge changes the stock of its own products, in even steps; 1 at least.
  public var touches: Int
  /// The table (`schema.table`) of which it is counted how often each replica looks into it.
  public var lookups: String?
  /// What is done about the pages of the hot products; `nil`: nothing.
  public var pages: PagesPlan?
  /// How many requests a second the users make here; `nil` for as many as everywhere.
  public var rate: Double?
  /// What is done about locked rows meanwhile; `nil` for nothing.
  public var locks: LocksPlan?

  /// A window.
  public init(
    length: Duration, users: Bool, sweep: SweepPlan? = nil, follow: FollowPlan? = nil, operatorEvery: Duration? = nil,
    faults: [TimedFault] = [], looks: LooksPlan? = nil, touches: Int = 1, lookups: String? = nil,
    pages: PagesPlan? = nil, rate: Double? = nil, locks: LocksPlan? = nil
  ) {
    self.locks = locks
    self.length = length
    self.users = users
    self.sweep = sweep
    self.follow = follow
    self.operatorEvery = operatorEvery
    self.faults = faults
    self.looks = looks
    self.touches = touches
    self.lookups = lookups
    self.pages = pages
    self.rate = rate
  }
}

/// Looks at what the shop shows of the judge's own products, through the gateway, at a constant rate.
public struct LooksPlan: Sendable, Equatable, Codable {
  /// Looks a second.
  public var rate: Double
  /// How long a visitor waits for an answer.
  public var patience: Duration

  /// Looks.
  public init(rate: Double, patience: Duration) {
    self.rate = rate
    self.patience = patience
  }
}

/// Visits to each instance of a service in turn, directly, at a constant rate.
public struct SweepPlan: Sendable, Equatable, Codable {
  /// Whose instances are visited.
  public var service: String
  /// Visits a second, over all instances together.
  public var rate: Double
  /// What is asked; each round asks every instance for one of them.
  public var operations: [Operation]
  /// How long a visitor waits for an answer.
  public var patience: Duration

  /// Visits.
  public init(service: String, rate: Double, operations: [Operation], patience: Duration) {
    self.service = service
    self.rate = rate
    self.operations = operations
    self.patience = patience
  }
}

/// See `Step.alone`.
public struct AloneStep: Sendable, Equatable, Codable {
  /// Whose instances are asked.
  public var service: String
  /// How long each may take for its answer.
  public var patience: Duration
  /// After this everything goes on, whatever becomes of the grader.
  public var lease: Duration

  /// A look at each instance by itself.
  public init(service: String, patience: Duration, lease: Duration) {
    self.service = service
    self.patience = patience
    self.lease = lease
  }
}

/// See `Step.crash`.
public struct CrashStep: Sendable, Equatable, Codable {
  /// The service whose database is killed, and some of whose instances are.
  public var service: String
  /// How many instances are killed with it: those that the last acknowledgements came from.
  public var instances: Int
  /// Reservations a second until then.
  public var rate: Double
  /// How long the database may take until it lets people in again, and the instances until they answer.
  public var within: Duration
  /// After this what was killed is started again, whatever becomes of the grader.
  public var lease: Duration

  /// A crash.
  public init(service: String, instances: Int, rate: Double, within: Duration, lease: Duration) {
    self.service = service
    self.instances = instances
    self.rate = rate
    self.within = within
    self.lease = lease
  }
}

/// See `Step.drain`.
public struct DrainStep: Sendable, Equatable, Codable {
  /// How long at most; whoever still asks then goes on doing so.
  public var within: Duration

  /// A pause in which everything comes to an end.
  public init(within: Duration) { self.within = within }
}

/// See `Step.rest`.
public struct RestStep: Sendable, Equatable, Codable {
  /// How long at most; alerts that fire by then count as always on.
  public var within: Duration

  /// A rest.
  public init(within: Duration) { self.within = within }
}

/// See `Step.hold`.
public struct HoldStep: Sendable, Equatable, Codable {
  /// The service whose database loses connections.
  public var service: String
  /// The shares of the cap that are in use, step by step, 0...1, rising.
  public var shares: [Double]
  /// How long each step lasts: scrape, evaluation and the rule's own `for` have to fit.
  public var dwell: Duration
  /// After this the connections come back by themselves.
  public var lease: Duration

  /// A ramp.
  public init(service: String, shares: [Double], dwell: Duration, lease: Duration) {
    self.service = service
    self.shares = shares
    self.dwell = dwell
    self.lease = lease
  }
}

/// See `Step.provoke`.
public struct ProvokeStep: Sendable, Equatable, Codable {
  /// What is injected, in order: of each list one.
  public var faults: [[FaultPlan]]
  /// How long an alert has after that: scrape, evaluation and the rule's own `for` have to fit.
  public var dwell: Duration

  /// Faults that an alert should tell of.
  public init(faults: [[FaultPlan]], dwell: Duration) {
    self.faults = faults
    self.dwell = dwell
  }
}

/// See `Step.preflight`.
public struct PreflightStep: Sendable, Equatable, Codable {
  /// The service whose deploys are asked about.
  public var service: String
  /// Numbers of instances that must get through.
  public var good: [Int]
  /// The greatest number that the judge tries for real; a lab whose limit can't be measured by counting connections has
  /// to draw its line here or below.
  public var provable: Int
  /// How long one run may take.
  public var patience: Duration

  /// Questions to the preflight.
  public init(service: String, good: [Int], provable: Int, patience: Duration) {
    self.service = service
    self.good = good
    self.provable = provable
    self.patience = patience
  }
}
