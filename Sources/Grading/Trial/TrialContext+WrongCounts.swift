import Clients
import DrillCore
import Engine
import Load
import Probes

// Counts that the judge makes wrong and the shop's own job has to set right.
extension TrialContext {
  /// Pieces by which a count is wrong.
  private static let difference = 7

  /// Makes the counts wrong, waits until they are right again, and sets right what is not.
  func makeWrong(_ plan: WrongCountsPlan, _ skus: [String], trial: String) async {
    let id = "\(trial)-wrong-counts"
    let name = "\(trial).window"
    guard let database = memory.database("inventory") else {
      return dead("wrong-counts", GradingError("the database of inventory was not found"), labels: ["phase": name])
    }
    record("wrong-counts", "inject", trial: trial, id: id, ["skus": skus.joined(separator: ",")])
    // Too low can only be what holds something.
    let low = Array(skus.prefix(skus.count / 2))
    do {
      for sku in low where await !holdPieces(of: sku, trial: trial) {
        throw GradingError("nothing of \(sku) could be reserved")
      }
      for sku in skus {
        let sign = low.contains(sku) ? "-" : "+"
        let opposite = low.contains(sku) ? "+" : "-"
        // One row a transaction: the judge waits for nobody while it holds something.
        let done = try await database.query(
          """
          UPDATE inventory.stock SET reserved = reserved \(sign) \(Self.difference),
            on_hand = on_hand \(opposite) \(Self.difference), version = version + 1 WHERE sku = \(sqlLiteral(sku))
          """)
        guard done.commandTag == "UPDATE 1" else { throw GradingError("\(sku): \(done.commandTag)") }
      }
    } catch {
      record("wrong-counts", "unverified", trial: trial, id: id, ["detail": "\(error)"])
      return await setRight(skus, database)
    }
    record("wrong-counts", "verified", trial: trial, id: id, ["detail": "\(skus.count) counts are wrong"])
    await untilRight(skus, database, within: plan.within, phase: name)
    await setRight(skus, database)
  }

  /// Records how many counts are wrong still, until none is or the time is over.
  private func untilRight(_ skus: [String], _ database: DatabaseProbe, within: Duration, phase: String) async {
    let begin = ContinuousClock.now
    let last = await Self.lastLook(within: within) { try await wrong(skus, database) }
    var labels = ["phase": phase, "products": "\(skus.count)"]
    do {
      let left = try last.get()
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      labels["after"] = "\((seconds * 10).rounded() / 10)"
      probe("wrong-counts", ok: left == 0, value: Double(left), labels: labels)
    } catch {
      dead("wrong-counts", error, labels: labels)
    }
  }

  /// Looks until none is left or the time is over. Who could look earlier and can't any more knows nothing of the end.
  static func lastLook(within: Duration, _ left: () async throws -> Int) async -> Result<Int, any Error> {
    let deadline = ContinuousClock.now + within
    while true {
      let result: Result<Int, any Error>
      do { result = .success(try await left()) } catch { result = .failure(error) }
      if case .success(0) = result { return result }
      guard ContinuousClock.now < deadline, !Task.isCancelled else { return result }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  private func wrong(_ skus: [String], _ database: DatabaseProbe) async throws -> Int {
    let result = try await database.query(
      """
      SELECT count(*) FROM inventory.stock AS s
      WHERE s.sku IN (\(skus.map(sqlLiteral).joined(separator: ","))) AND s.reserved <> \(Self.heldSQL)
      """)
    guard let count = result.rows.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else {
      throw GradingError("the database does not say how many counts are wrong")
    }
    return count
  }

  private static let heldSQL = """
    (SELECT coalesce(sum(i.quantity), 0) FROM inventory.reservation_items i
      JOIN inventory.reservations r ON r.id = i.reservation_id WHERE r.status = 'held' AND i.sku = s.sku)
    """

  /// What the judge made wrong does not stay so, whatever the shop does.
  private func setRight(_ skus: [String], _ database: DatabaseProbe) async {
    // A task of its own: a cancelled one could not ask the database for anything.
    await Task {
      for sku in skus {
        _ = try? await database.query(
          """
          UPDATE inventory.stock AS s SET reserved = \(Self.heldSQL),
            on_hand = s.on_hand + s.reserved - \(Self.heldSQL), version = version + 1
          WHERE s.sku = \(sqlLiteral(sku)) AND s.reserved <> \(Self.heldSQL)
          """)
      }
    }.value
  }

  /// Reserves more pieces of a product than the count is going to be wrong by.
  private func holdPieces(of sku: String, trial: String) async -> Bool {
    guard let nodes = try? await instances(of: "inventory") else { return false }
    var random = SeededRandom(seed: seed, name: "\(trial).wrong.\(sku)")
    for target in random.shuffled(targets(nodes)).prefix(3) {
      let id = random.uuid()
      let body = """
        {"id":"\(id)","items":[{"sku":"\(sku)","quantity":\(Self.difference + 2)}],"ttl_seconds":60}
        """
      let begin = recorder.now
      let reply = try? await http.send(
        "POST", "http://\(target.authority)/reservations", json: body, timeout: .seconds(5))
      let outcome = reply.map { Outcome(status: $0.status) } ?? .unknown
      recorder.record(
        .request(
          RequestEvent(
            stream: "judge", op: DrillCore.Operation.reserve.rawValue, target: target.name, scheduled: begin,
            sent: begin, done: recorder.now, status: reply?.status, outcome: outcome, instance: reply?.instance,
            key: id)))
      if outcome == .ok { return true }
    }
    return false
  }
}
