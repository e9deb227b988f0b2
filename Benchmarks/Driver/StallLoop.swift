import ArgumentParser
import Clients
import Foundation

/// How long what is posted to the clients' thread waits there: beside statements at work, and beside what may block.
struct StallLoop: AsyncParsableCommand {
  enum Neighbour: String, ExpressibleByArgument, CaseIterable { case nothing, lookups, cancels }

  static let configuration = CommandConfiguration(commandName: "stall")
  @OptionGroup var server: ServerOptions
  @OptionGroup var loop: LoopOptions
  @Option(help: "What else goes on.") var beside = Neighbour.nothing

  func run() async throws {
    let client = server.client(connections: loop.connections)
    // Of no server that is there: each attempt to connect is a lookup of its name, which takes what it takes.
    let lost = server.client(connections: 4, host: "nobody.invalid")
    let services = [client] + (beside == .lookups ? [lost] : [])
    let running = services.map { service in Task { try await service.run() } }
    defer { for service in running { service.cancel() } }
    _ = try await client.query(ServerOptions.product)
    let end = ContinuousClock.now + loop.length
    let waits = try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<loop.tasks {
        group.addTask {
          while ContinuousClock.now < end { try await turn(number, client, lost) }
        }
      }
      let waits = await Self.waits(until: end)
      try await group.waitForAll()
      return waits.sorted()
    }
    guard let longest = waits.last else { throw ValidationError("--seconds \(loop.seconds) is too short") }
    print(
      "{\"count\": \(waits.count), \"rate\": \(Double(waits.count) / loop.seconds), "
        + "\"p99_us\": \(waits[(waits.count * 99 - 1) / 100]), \"longest_us\": \(longest)}")
  }

  /// A quarter of the tasks does what may block, the others ask for a row.
  private func turn(_ number: Int, _ client: PostgresClient, _ lost: PostgresClient) async throws {
    switch beside {
    // That it fails is the point, as with what is cancelled; what it costs the others is measured.
    case .lookups where number % 4 == 0: _ = try? await lost.query(ServerOptions.product)
    case .cancels where number % 4 == 0:
      let slow = Task { try await client.query(PostgresQuery(sql: "SELECT pg_sleep(10)", binds: [])) }
      // Long enough to be at the server.
      try await Task.sleep(for: .milliseconds(5))
      slow.cancel()
      _ = try? await slow.value
    default: _ = try await client.query(ServerOptions.product)
    }
  }

  /// Microseconds that a closure waited for its turn, one each millisecond.
  private static func waits(until end: ContinuousClock.Instant) async -> [Int64] {
    var waits: [Int64] = []
    while ContinuousClock.now < end {
      let posted = ContinuousClock.now
      let waited = await withCheckedContinuation { continuation in
        Reactor.post { continuation.resume(returning: ContinuousClock.now - posted) }
      }
      waits.append(waited.components.attoseconds / 1_000_000_000_000)
      try? await Task.sleep(for: .milliseconds(1))
    }
    return waits
  }
}
