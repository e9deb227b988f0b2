import ArgumentParser
import DrillCore
import Load

/// The users of a grade: so many requests a second, each at its time, whatever becomes of the others.
struct OpenLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "open")
  @Option var base: String
  @Option var rate: Double
  @OptionGroup var loop: LoopOptions

  func run() async throws {
    func stream(_ rate: Double, _ length: Duration) -> Load.Stream {
      let plan = LoadPlan(
        rate: rate, arrival: .constant, users: 100, products: 1, zipf: 0, patience: .seconds(5), inFlight: 4096,
        echo: [], mix: [.product: 1])
      return Stream(
        name: "users", phase: "bench", schedule: Schedule.users(plan, length: length, seed: 1, name: "bench"),
        base: base, patience: plan.patience, inFlight: plan.inFlight, users: plan.users)
    }
    let measured = stream(rate, loop.length)
    // The first request takes longest: what is measured is not how a process begins.
    let first = stream(max(rate / 10, 10), .seconds(1))
    let report = try await LoadClient.with { client in
      _ = await first.run(with: client, recorder: HistoryRecorder())
      return await measured.run(with: client, recorder: HistoryRecorder())
    }
    func at(_ values: [Double: UInt64], _ percentile: Double) -> UInt64 { values[percentile] ?? 0 }
    print(
      "{\"count\": \(report.ok), \"rate\": \(Double(report.ok) / loop.seconds), \"scheduled\": \(report.scheduled), "
        + "\"lateness_p50_us\": \(at(report.lateness, 50)), \"lateness_p99_us\": \(at(report.lateness, 99)), "
        + "\"latency_p50_us\": \(at(report.latency, 50)), \"latency_p99_us\": \(at(report.latency, 99))}")
  }
}

/// The clients of a saturating load: each sends its next request when the last is done.
struct ClosedLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "closed")
  @Option var base: String
  @OptionGroup var loop: LoopOptions

  func run() async throws {
    let load = LoadPlan(
      rate: 1, arrival: .constant, users: loop.connections, products: 1, zipf: 0, patience: .seconds(5), inFlight: 4096,
      echo: [], mix: [.product: 1])
    let plan = SaturatePlan(clients: loop.connections, mix: [.product: 1], patience: .seconds(5))
    let stream = SaturateStream(name: "saturate", phase: "bench", plan: plan, load: load, base: base, seed: 1)
    let report = try await LoadClient.with { client in
      await stream.run(for: loop.length, with: client, recorder: HistoryRecorder())
    }
    print("{\"count\": \(report.okInTime), \"rate\": \(report.goodput)}")
  }
}
