public import DrillCore
import Topology

/// The kinds of checks, by name, and what each wants to know.
public enum CheckCatalogue {
  private struct Kind {
    /// What every plan says.
    var parameters: [String: CheckParameter]
    /// What a plan may say.
    var optional: [String: CheckParameter] = [:]
    var make: @Sendable (CheckPlan, Scenario) -> any Check
  }

  private static let kinds: [String: Kind] = [
    FaultTookEffect.kind: Kind(parameters: [:]) { plan, _ in FaultTookEffect(plan: plan) },
    "every-instance-serves": Kind(parameters: ["instances": .whole(1...250), "refuses": .reason, "missing": .reason]) {
      plan, scenario in
      EveryInstanceServes(plan: plan, operations: scenario.sweepOperations(of: plan.trial))
    },
    "instances-are-themselves": Kind(parameters: [:]) { plan, _ in InstancesAreThemselves(plan: plan) },
    "operator-gets-in": Kind(parameters: [:]) { plan, _ in OperatorGetsIn(plan: plan) },
    "users-are-served": Kind(parameters: ["share": .mostShare]) { plan, _ in UsersAreServed(plan: plan) },
    "every-feature-works": Kind(parameters: [:]) { plan, scenario in
      EveryFeatureWorks(
        plan: plan,
        // An order that doesn't exist is never found: another check judges that.
        operations: DrillCore.Operation.allCases.filter {
          $0 != .orderUnknown && scenario.load.mix[$0, default: 0] > 0
        })
    },
    "content-is-real": Kind(parameters: ["freshness": .seconds(1...86_400)]) { plan, _ in ContentIsReal(plan: plan) },
    "stock-is-conserved": Kind(parameters: [:]) { plan, _ in StockIsConserved(plan: plan) },
    "acknowledged-is-kept": Kind(parameters: [:]) { plan, _ in AcknowledgedIsKept(plan: plan) },
    "survives-a-crash": Kind(parameters: [:]) { plan, _ in SurvivesACrash(plan: plan) },
    "charged-once": Kind(parameters: [:]) { plan, _ in ChargedOnce(plan: plan) },
    "durability-is-kept": Kind(parameters: DurabilityIsKept.levels.mapValues { .words($0) }) { plan, _ in
      DurabilityIsKept(plan: plan)
    },
    "reads-own-writes": Kind(parameters: ["reads": .whole(1...100_000)]) { plan, _ in ReadsOwnWrites(plan: plan) },
    "unknown-is-not-found": Kind(parameters: ["within_ms": .milliseconds]) { plan, _ in UnknownIsNotFound(plan: plan) },
    "replicas-are-fresh": Kind(parameters: ["replicas": .whole(1...50), "within_ms": .milliseconds]) { plan, _ in
      ReplicasAreFresh(plan: plan)
    },
    "stock-is-current": Kind(parameters: ["within_ms": .milliseconds, "share": .mostShare]) { plan, _ in
      StockIsCurrent(plan: plan)
    },
    "replicas-carry-reads": Kind(parameters: [
      "table": .words(ReplicasCarryReads.tables), "share": .leastShare, "primary": .number(0...1000),
      "each": .number(0...1),
      "replicas": .whole(1...50),
    ]) { plan, _ in
      ReplicasCarryReads(plan: plan)
    },
    "recomputations-are-bounded": Kind(parameters: ["per_second": .number(0...1_000_000)]) { plan, _ in
      RecomputationsAreBounded(plan: plan)
    },
    "changes-show-in-time": Kind(parameters: ["within_ms": .milliseconds]) { plan, _ in ChangesShowInTime(plan: plan) },
    "pages-are-quick": Kind(parameters: ["within_ms": .milliseconds, "share": .mostShare]) { plan, _ in
      PagesAreQuick(plan: plan)
    },
    "served-after-owner-died": Kind(parameters: [
      "after_ms": .whole(0...600_000), "within_ms": .milliseconds, "share": .mostShare,
    ]) { plan, _ in
      ServedAfterOwnerDied(plan: plan)
    },
    "orders-recover": Kind(parameters: ["share": .leastShare, "within_ms": .milliseconds]) { plan, _ in
      OrdersRecover(plan: plan)
    },
    "pages-are-served": Kind(parameters: ["share": .mostShare]) { plan, _ in PagesAreServed(plan: plan) },
    "requests-per-order": Kind(parameters: ["most": .number(0...1000)]) { plan, _ in RequestsPerOrder(plan: plan) },
    "single-failures-are-hidden": Kind(parameters: ["share": .leastShare, "failures": .whole(1...100_000)]) { plan, _ in
      SingleFailuresAreHidden(plan: plan)
    },
    "deadlocks-do-not-happen": Kind(parameters: ["orders": .whole(1...100_000)]) { plan, _ in
      DeadlocksDoNotHappen(plan: plan)
    },
    "checkouts-do-not-hang": Kind(parameters: ["within_ms": .milliseconds, "share": .mostShare]) { plan, _ in
      CheckoutsDoNotHang(plan: plan)
    },
    "counts-are-set-right": Kind(parameters: [:]) { plan, _ in CountsAreSetRight(plan: plan) },
    "others-go-on": Kind(parameters: ["share": .leastShare]) { plan, _ in OthersGoOn(plan: plan) },
    "alert-fires-first": Kind(parameters: [:], optional: ["share": .mostShare]) { plan, _ in AlertFiresFirst(plan: plan)
    },
    "gate-holds": Kind(parameters: [:]) { plan, _ in GateHolds(plan: plan) },
    "preflight-guards": Kind(parameters: [:]) { plan, _ in PreflightGuards(plan: plan) },
  ]

  /// The names of the kinds there are.
  static let names: [String] = kinds.keys.sorted()

  /// Every parameter that some check takes.
  static let parameters: Set<String> = Set(kinds.values.flatMap { $0.parameters.keys + Array($0.optional.keys) })

  /// Everything that is wrong with a plan: an unknown kind, a parameter that is missing, that nobody reads, or that
  /// can't be what it says.
  static func problems(with plan: CheckPlan) -> [CheckProblem] {
    guard let kind = kinds[plan.kind] else {
      let hint = Spelling.hint(for: plan.kind, among: names)
      let known = names.joined(separator: ", ")
      return [CheckProblem(message: "no such kind of check: '\(plan.kind)'\(hint); there are \(known)")]
    }
    let known = kind.parameters.merging(kind.optional) { own, _ in own }
    let missing = Set(kind.parameters.keys).subtracting(plan.parameters.keys).sorted().map {
      CheckProblem(parameter: $0, message: "is missing")
    }
    return missing
      + plan.parameters.sorted { $0.key < $1.key }.compactMap { name, text in
        guard let parameter = known[name] else {
          let names = known.keys.sorted()
          let takes = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
          return CheckProblem(
            parameter: name,
            message: "\(plan.kind) has no such parameter\(Spelling.hint(for: name, among: names)); \(takes)")
        }
        return parameter.problem(with: text).map { CheckProblem(parameter: name, message: $0) }
      }
  }

  /// The reasons for which a check can refuse, sorted: those of its kind, and those that the scenario has named itself.
  public static func reasons(of plan: CheckPlan) -> [String] {
    let named = (kinds[plan.kind]?.parameters ?? [:]).compactMap { name, parameter in
      if case .reason = parameter { plan.parameters[name] } else { nil }
    }
    return Set(named + (CheckReasons.ofKind[plan.kind] ?? [])).sorted()
  }

  /// Reports a reason for which a check never refuses. Of an unknown kind nothing is known.
  static func judge(_ reason: String, of plan: CheckPlan, at value: YAMLValue) {
    let known = reasons(of: plan)
    guard names.contains(plan.kind), !known.contains(reason) else { return }
    value.report(refusal(reason, of: plan.id, known))
  }

  /// What is to be said of a reason for which the check of that id never refuses.
  public static func refusal(_ reason: String, of id: String, _ known: [String]) -> String {
    let hint = Spelling.hint(for: reason, among: known)
    let words = known.isEmpty ? "for nothing: it only can't tell" : "only for \(known.joined(separator: ", "))"
    return "`\(id)` never refuses for `\(reason)`\(hint), \(words)"
  }

  /// The parameters of a kind by which a scenario names reasons.
  static func namedReasons(of kind: String) -> Set<String> {
    Set((kinds[kind]?.parameters ?? [:]).filter { if case .reason = $0.value { true } else { false } }.keys)
  }

  /// The checks of `scenario`, in its order. A kind that doesn't exist was refused when the scenario was read.
  public static func checks(of scenario: Scenario) -> [(plan: CheckPlan, check: any Check)] {
    scenario.checks.compactMap { plan in check(plan, of: scenario).map { (plan, $0) } }
  }

  /// One check; `nil` where there is no such kind.
  static func check(_ plan: CheckPlan, of scenario: Scenario) -> (any Check)? {
    kinds[plan.kind]?.make(plan, scenario)
  }
}

extension Scenario {
  /// What the sweeps of a trial ask for.
  func sweepOperations(of trial: String) -> [DrillCore.Operation] {
    for step in trials.first(where: { $0.name == trial })?.steps ?? [] {
      if case .window(let window) = step, let sweep = window.sweep { return sweep.operations }
    }
    return []
  }
}

/// What the checks of a scenario have in common: a plan gives them name, tier and heading.
protocol PlannedCheck: Check {
  var plan: CheckPlan { get }
}

extension PlannedCheck {
  var id: String { plan.id }
  var tier: Tier { plan.tier }
  var section: String { plan.section }

  /// The name of a phase of this check's trial.
  func phase(_ part: String) -> String { "\(plan.trial).\(part)" }
}

/// A request that went out at most so many nanoseconds late is as good as one on time.
let punctual: Int64 = 250_000_000

/// What a check may say before it judges the load of a stream: trouble of the generator's own.
///
/// - Returns: `nil` when at least 95 % of the load went out and 99 % of it less than 250 ms late. Those bounds are far
///   from what a busy machine of two cores shows (0.1 ms), and far from what would mislead: users wait for seconds.
func undelivered(_ history: History, stream: String, in phase: String, expected: String) -> Finding? {
  let load = history.load(stream: stream, in: phase)
  guard load.delivered >= 0.95 else {
    return .inconclusive(
      .loadNotDelivered, "\(load.sent) of \(load.scheduled) requests of '\(stream)' went out", expected: expected)
  }
  let late = history.lateness(share: 0.99, stream: stream, in: phase) ?? .max
  guard late <= punctual else {
    return .inconclusive(
      .loadNotDelivered, "the requests of '\(stream)' went out \(late / 1_000_000) ms late", expected: expected)
  }
  return nil
}

/// What a check may say before it blames a lab for what came of the load of a phase: the generator itself stood still.
/// Requests that it left out don't count here, for a lab that answers nobody brings them about.
func late(_ history: History, in phase: String, expected: String) -> Finding? {
  guard let span = history.span(of: phase) else { return nil }
  for stream in Set(history.requests.filter { span.contains($0.scheduled) }.map(\.stream)).sorted() {
    guard let late = history.lateness(share: 0.99, stream: stream, in: phase), late > punctual else { continue }
    return .inconclusive(
      .loadNotDelivered, "the requests of '\(stream)' went out \(late / 1_000_000) ms late", expected: expected)
  }
  return nil
}

/// What can be said of `observed` on a machine on which any work took so many times as long as usual.
func crowded(_ slowness: Double, _ observed: String, expected: String) -> Finding {
  let times = Double(Int(slowness * 10)) / 10
  return .inconclusive(
    .loadNotDelivered, "\(observed), while any work took \(times) times as long as usual", expected: expected)
}

/// What can be said of `observed` on a machine that stood still, or whose processors others had.
func hindered(_ observed: String, expected: String) -> Finding {
  .inconclusive(
    .loadNotDelivered, "\(observed), while the machine stood still or was busy with other work", expected: expected)
}

/// `a, b, c and 4 more`.
func listed(_ names: [String], most: Int = 3) -> String {
  let sorted = names.sorted { left, right in
    left.count == right.count ? left < right : left.count < right.count
  }
  let shown = sorted.prefix(most).joined(separator: ", ")
  return sorted.count > most ? "\(shown) and \(sorted.count - most) more" : shown
}
