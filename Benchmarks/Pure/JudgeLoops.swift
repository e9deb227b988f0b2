import DrillCore
import Load

extension PureLoop {
  /// What load and judge do with each request.
  static func judge() throws -> [PureLoop] {
    let plan = LoadPlan(
      rate: 1000, arrival: .poisson, users: 200, products: 400, zipf: 1, patience: .seconds(5), inFlight: 512, echo: [],
      mix: [.browse: 10, .product: 60, .order: 20, .orderRead: 10])
    let event = Event(
      at: 1_500_000_000,
      .request(
        RequestEvent(
          stream: "users", op: "order", scheduled: 1_400_000_000, sent: 1_400_020_000, done: 1_500_000_000,
          status: 201, outcome: .ok, instance: "order-1", key: "k-000001",
          labels: ["order": "o-1", "state": "confirmed"],
          values: ["total_cents": 12_345])))
    let history = try HistoryFile.encode(History(Array(repeating: event, count: 100)))
    return [
      PureLoop("a second of 1,000 users' requests") {
        Schedule.users(plan, length: .seconds(1), seed: 7, name: "bench").requests.count
      },
      PureLoop("line of a history") { try HistoryFile.line(for: event).count },
      PureLoop("history of 100 lines read") { try HistoryFile.decode(history).events.count },
    ]
  }
}
