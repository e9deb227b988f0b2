import DrillCore
import Engine
import Load
import Probes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// The payment company: how much it was asked, and a pause in which it comes to rest.
extension TrialContext {
  /// What the company says it was asked and did since it began.
  struct ProviderBook: Decodable {
    var received: Int
    var executed: Int
    var abandoned: Int
    var failedOnce: Int
    var waiting: Int
    var attempts: [String: Int]

    enum CodingKeys: String, CodingKey {
      case received, executed, abandoned, waiting, attempts
      case failedOnce = "failed_once"
    }
  }

  private static let columns = ["received", "executed", "abandoned", "failed_once", "waiting"]
  /// Nobody waits longer than this between two attempts that belong together, so it is over after that.
  private static let silence: Duration = .milliseconds(1200)

  /// One request to the company, with the token that no lab has.
  func provider(
    _ method: String, _ path: String, json: String? = nil, timeout: Duration = .seconds(5)
  ) async throws -> Data {
    let node = try await node(of: "provider")
    let reply = try await http.send(
      method, "http://\(node.address):\(Self.servicePort)\(path)", token: try engine.secret("provider-token"),
      json: json, timeout: timeout)
    guard reply.status == 200 else { throw GradingError("the provider answered \(reply.status) to \(path)") }
    return reply.body
  }

  private func readBook() async throws -> ProviderBook {
    try JSONDecoder().decode(ProviderBook.self, from: try await provider("GET", "/v1/statistics"))
  }

  /// Records under `name` how much the company was asked until now; only in scenarios that say how much it can do.
  @discardableResult func providerBook(_ name: String) async -> ProviderBook? {
    guard scenario.start.provider != nil else { return nil }
    do {
      let book = try await readBook()
      let values = [book.received, book.executed, book.abandoned, book.failedOnce, book.waiting].map { "\($0)" }
      recorder.record(.rows(RowsEvent(name: name, columns: Self.columns, rows: [values])))
      return book
    } catch {
      dead(name, error)
      return nil
    }
  }

  /// After a window: the same again, and how often it was asked for each order that the users sent in `phase`.
  func providerAttempts(phase: String) async {
    guard let book = await providerBook("\(phase).provider.after") else { return }
    let orders = recorder.history.requests(stream: "users", in: phase).filter {
      $0.op == DrillCore.Operation.order.rawValue && $0.sent != nil
    }
    let rows = Set(orders.compactMap(\.key)).sorted().map { [$0, "\(book.attempts[$0, default: 0])"] }
    recorder.record(.rows(RowsEvent(name: "\(phase).attempts", columns: ["key", "attempts"], rows: rows)))
  }

  /// Lets the company work off at once what waits there, until nobody asks it any more, at most for the step's time.
  ///
  /// What an earlier trial, or somebody before the grade, left behind must not be taken for what this one does.
  func drain(_ step: DrainStep) async throws {
    for fault in try await engine.activeFaults() where fault.kind == "provider" { try await engine.clear(fault.id) }
    let seconds = step.within / .seconds(1) + 2
    _ = try await provider(
      "PUT", "/v1/behaviour",
      json: "{\"latency_ms\":0,\"latency_factor\":1,\"capacity\":100000,\"lease_seconds\":\(seconds)}")
    let begin = ContinuousClock.now
    var last: Int?
    var quietSince = begin
    var isQuiet = false
    while !isQuiet, ContinuousClock.now - begin < step.within, !Task.isCancelled {
      let book = try await readBook()
      if book.received != last || book.waiting > 0 { quietSince = .now }
      last = book.received
      isQuiet = ContinuousClock.now - quietSince >= Self.silence
      if !isQuiet { try? await Task.sleep(for: .milliseconds(100)) }
    }
    _ = try await provider("DELETE", "/v1/behaviour")
    let took = (ContinuousClock.now - begin) / .seconds(1)
    probe("provider.drained", ok: isQuiet, value: took)
    tell(isQuiet ? "nobody asks the payment company any more" : "the payment company is still being asked")
  }
}
