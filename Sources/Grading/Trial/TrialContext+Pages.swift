import Clients
import DrillCore
import Engine
import Load
import Probes

// The pages of the hot products: looked at before a window, changed in its midst, and what they cost the databases.
extension TrialContext {
  /// The hot products of this grade.
  var hotProducts: [String] { Schedule.hotProducts(of: scenario.load, seed: seed) }

  /// What stands on the hot pages: price, customers, what these think in tenths of a star, and the place among all
  /// products; and some customer who has reviewed the product.
  private var pagesSQL: String {
    """
    WITH weighed AS (
      SELECT sku, customer, stars,
        (1 + ln(1 + helpful)) * exp(-extract(epoch FROM now() - written_at)::float8 / 15552000) AS weight
      FROM inventory.reviews
    ), rated AS (
      SELECT sku, sum(stars * weight) / sum(weight) AS rating, count(DISTINCT customer) AS customers,
        count(*) AS reviews, min(customer) AS someone
      FROM weighed GROUP BY sku
    ), ranked AS (SELECT *, rank() OVER (ORDER BY rating DESC) AS place FROM rated)
    SELECT sku, price_cents, coalesce(customers, 0) AS customers, (round(rating::numeric, 1) * 10)::int AS tenths,
      place, someone, (SELECT sum(reviews)::bigint FROM rated) AS reviews
    FROM inventory.products LEFT JOIN ranked USING (sku)
    WHERE sku IN (\(hotProducts.map(sqlLiteral).joined(separator: ","))) ORDER BY sku
    """
  }

  /// Records what stands on the hot pages (`PHASE.pages`) and what was read so far (`PHASE.before.read`); each page is
  /// looked at once in between, so that none is asked for the first time by hundreds at once.
  func openPages(phase: String) async {
    await rows("\(phase).pages", pagesSQL, in: "inventory")
    if let gateway = try? await instances(of: "gateway").first {
      for sku in hotProducts {
        let url = "http://\(gateway.address):\(Self.servicePort)/products/\(sku)"
        _ = try? await http.send("GET", url, timeout: .seconds(5))
      }
    }
    await countRows("\(phase).before.read")
  }

  /// Records what was read by now (`PHASE.after.read`) and what stands on the hot pages (`PHASE.pages.after`). Sessions
  /// report what they did up to a second later.
  func closePages(phase: String) async {
    try? await Task.sleep(for: .milliseconds(1100))
    await countRows("\(phase).after.read")
    await rows("\(phase).pages.after", pagesSQL, in: "inventory")
  }

  /// How many rows each database of each server of the lab has read since its counters began: a sum over all tables,
  /// so that a copy of one under another name counts as well.
  private func countRows(_ name: String) async {
    let sql = """
      SELECT datname, tup_returned, coalesce(stats_reset::text, '') FROM pg_stat_database
      WHERE datname IS NOT NULL ORDER BY datname
      """
    let servers = await candidates(database: "postgres")
    // What one that is silent has read is not nothing.
    var result: [[String?]] = await silentServers(besides: servers.map(\.node)).map { [$0, nil, nil, nil] }
    for server in servers {
      do {
        result += try await server.probe.query(sql).rows.map { [server.node] + $0 }
      } catch {
        return dead(name, error)
      }
    }
    recorder.record(.rows(RowsEvent(name: name, columns: ["node", "database", "rows", "reset"], rows: result)))
  }

  /// Gives the hot products other prices and further reviews while a window is open.
  func edit(_ plan: EditPlan, unless stop: StopFlag, trial: String) async {
    var random = SeededRandom(seed: seed, name: "\(trial).edit")
    let after = plan.after.lowerBound + (plan.after.upperBound - plan.after.lowerBound) * random.unit()
    let pages = recorder.history.rows("\(trial).window.pages").last
    let known = zip(pages?.values(of: "sku") ?? [], pages?.values(of: "someone") ?? []).compactMap { sku, someone in
      sku.flatMap { sku in someone.flatMap { Int($0) }.map { (sku, $0) } }
    }
    let edit = PagesEdit(
      skus: hotProducts, reviews: plan.reviews, known: Dictionary(known, uniquingKeysWith: { $1 }), trial: trial,
      random: &random)
    guard await pass(until: .now + after, unless: stop), let database = memory.database("inventory") else { return }
    do {
      guard let strike = plan.strike else {
        try await note(edit, .price) { try await database.query(edit.priceSQL).commandTag }
        return try await note(edit, .reviews) { try await database.query(edit.reviewsSQL).commandTag }
      }
      try await self.strike(strike, edit: edit, database: database, unless: stop, trial: trial)
    } catch {
      record("edit", "unverified", trial: trial, id: "\(trial)-edit", ["detail": "\(error)"])
    }
  }

  /// Makes one part of an edit, and records from when to when it came about.
  private func note(
    _ edit: PagesEdit, _ part: PagesEdit.Part, _ change: () async throws -> String
  ) async throws {
    let id = "\(edit.trial)-edit-\(part.rawValue)"
    record("edit", "inject", trial: edit.trial, id: id)
    let began = recorder.now
    let tag = try await change()
    let isDone = tag == edit.tag(of: part)
    record(
      "edit", isDone ? "verified" : "unverified", trial: edit.trial, id: id,
      [
        "field": part.rawValue, "skus": edit.skus.joined(separator: ","), "amount": "\(edit.amount(of: part))",
        "began": "\(began)", "done": "\(recorder.now)", "detail": tag,
      ])
  }

  private func strike(
    _ plan: StrikePlan, edit: PagesEdit, database: DatabaseProbe, unless stop: StopFlag, trial: String
  ) async throws {
    let fault = try await database.session { holder in
      try await holder.simpleQuery("BEGIN", timeout: .seconds(5))
      try await holder.simpleQuery("LOCK TABLE inventory.reviews IN ACCESS EXCLUSIVE MODE", timeout: .seconds(5))
      try await note(edit, .price) { try await database.query(edit.priceSQL).commandTag }
      let tag = try await holder.simpleQuery(edit.reviewsSQL, timeout: .seconds(5)).commandTag
      let fault = try await kill(await recomputer(plan, database, unless: stop, trial: trial), plan, trial: trial)
      try await note(edit, .reviews) {
        try await holder.simpleQuery("COMMIT", timeout: .seconds(5))
        return tag
      }
      return fault
    }
    guard let fault else { return }
    _ = await pass(until: .now + plan.lasts, unless: stop)
    try await engine.clear(fault)
    record("strike", "cleared", trial: trial, id: "\(trial)-strike")
  }

  /// The instance whose session waits for the table, and how it was found. Where nobody does, towards the end one whose
  /// session has been at work for a while: it may sum up a copy of the table. One drawn from the seed when there is
  /// none.
  private func recomputer(
    _ plan: StrikePlan, _ database: DatabaseProbe, unless stop: StopFlag, trial: String
  ) async throws -> (node: NodeStatus?, how: String) {
    let nodes = try await instances(of: plan.service)
    let pids = Dictionary(nodes.compactMap { node in node.pid.map { (node.name, $0) } }, uniquingKeysWith: { $1 })
    let sql = """
      SELECT host(client_addr) || ':' || client_port FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND wait_event = 'relation' AND client_port > 0 ORDER BY query_start
      """
    let busy = """
      SELECT host(client_addr) || ':' || client_port FROM pg_stat_activity
      WHERE state = 'active' AND clock_timestamp() - query_start > interval '100 ms' AND client_port > 0
      ORDER BY query_start
      """
    let others = await candidates(database: "inventory").map(\.probe).filter { $0.host != database.host }
    let deadline = ContinuousClock.now + plan.within
    func owner(of lines: [[String?]]) -> String? {
      lines.lazy.compactMap { $0.first ?? nil }.compactMap { ProcessProbe.owner(of: $0, among: pids) }.first
    }
    let found: (name: String, how: String)? = try await database.session { session in
      var round = 0
      while ContinuousClock.now < deadline, !stop.isSet, !Task.isCancelled {
        var waiting = try await session.simpleQuery(sql, timeout: .seconds(2)).rows
        // Replicas, where the table is held a moment later, are asked less often: each question is a login.
        for other in others where round % 10 == 9 {
          waiting += (try? await other.query(sql).rows) ?? []
        }
        round += 1
        if let name = owner(of: waiting) { return (name, "was summing up") }
        if deadline - .now < plan.within / 3,
          let name = owner(of: try await session.simpleQuery(busy, timeout: .seconds(2)).rows)
        {
          return (name, "was at work for 100 ms and more")
        }
        try? await Task.sleep(for: .milliseconds(20))
      }
      return nil
    }
    if let found { return (nodes.first { $0.name == found.name }, "\(found.name) \(found.how)") }
    var random = SeededRandom(seed: seed, name: "\(trial).strike")
    return (random.pick(nodes), "nobody was summing up")
  }

  /// - Returns: the fault's name.
  private func kill(
    _ victim: (node: NodeStatus?, how: String), _ plan: StrikePlan, trial: String
  ) async throws -> String? {
    let id = "\(trial)-strike"
    guard let node = victim.node, let pid = node.pid else {
      record("strike", "inject", trial: trial, id: id)
      record("strike", "unverified", trial: trial, id: id, ["detail": "no instance of \(plan.service) runs"])
      return nil
    }
    tell("killing \(node.name): \(victim.how)")
    record("strike", "inject", trial: trial, id: id, ["node": node.name, "how": victim.how])
    let fault = try await engine.inject(
      FaultRequest(
        kind: "kill-node", parameters: ["node": node.name], lease: max(1, plan.lasts / .seconds(1) + 5)))
    memory.owe(fault.id)
    let isGone = await lasting(of: [pid], while: ProcessProbe.isAlive).isEmpty
    record(
      "strike", isGone ? "verified" : "unverified", trial: trial, id: id,
      ["node": node.name, "detail": isGone ? victim.how : "\(node.name) lives on"])
    return fault.id
  }
}

/// What is changed of the hot products.
struct PagesEdit: Sendable {
  /// The parts of a change; each has its own moment.
  enum Part: String, Sendable, CaseIterable {
    case price = "price_cents"
    case reviews = "customers"
  }

  let skus: [String]
  /// How many customers review each product for the first time.
  let reviews: Int
  /// A customer of each product who has reviewed it before, and does so again.
  let known: [String: Int]
  let trial: String
  /// By how many cents the prices rise.
  let rise: Int
  private let customer: Int
  private let stars: Int

  init(skus: [String], reviews: Int, known: [String: Int] = [:], trial: String, random: inout SeededRandom) {
    self.skus = skus
    self.reviews = reviews
    self.known = known
    self.trial = trial
    rise = 1 + random.below(500)
    // Nobody who has written before: the lab's customers have small numbers.
    customer = 1_000_000 + random.below(1_000_000_000)
    stars = random.below(2) == 0 ? 1 : 5
  }

  private var list: String { skus.map(sqlLiteral).joined(separator: ",") }

  var priceSQL: String {
    "UPDATE inventory.products SET price_cents = price_cents + \(rise), updated_at = now() WHERE sku IN (\(list))"
  }

  /// The products and customers of the reviews.
  private var written: [(sku: String, customer: Int)] {
    skus.flatMap { sku in
      (known[sku].map { [(sku, $0)] } ?? []) + (1...max(1, reviews)).map { (sku, customer + $0) }
    }
  }

  /// Reviews that others find so helpful that they show in the mean of them all.
  var reviewsSQL: String {
    """
    INSERT INTO inventory.reviews (id, sku, customer, stars, helpful)
    SELECT (SELECT coalesce(max(id), 0) FROM inventory.reviews) + row_number() OVER (), sku, customer, \(stars), 1000000
    FROM (VALUES \(written.map { "(\(sqlLiteral($0.sku)), \($0.customer))" }.joined(separator: ", ")))
      AS written (sku, customer)
    """
  }

  /// By how much the part rises for each product: of customers those who had not reviewed it before.
  func amount(of part: Part) -> Int { part == .price ? rise : reviews }

  /// What the server says when it has done it.
  func tag(of part: Part) -> String {
    part == .price ? "UPDATE \(skus.count)" : "INSERT 0 \(written.count)"
  }
}
