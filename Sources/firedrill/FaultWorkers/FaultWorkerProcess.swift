import Controller
import Foundation

/// `firedrill fault-worker KIND NAME=VALUE...`: applies a fault, says `ready`, and undoes it when it is ended by
/// SIGTERM.
enum FaultWorkerProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard let kind = arguments.first, let work = works[kind] else { return ExitStatus.usage }
    var values: [String: String] = [:]
    for argument in arguments.dropFirst() {
      guard let equals = argument.firstIndex(of: "=") else { return ExitStatus.usage }
      values[String(argument[..<equals])] = String(argument[argument.index(after: equals)...])
    }
    let secret = (try? String(contentsOfFile: "/run/secrets/fault", encoding: .utf8)) ?? ""
    let order = FaultOrder(values: values, secret: secret.trimmingCharacters(in: .whitespacesAndNewlines))
    let task = Task {
      do {
        try await work(order)
        exit(0)
      } catch {
        print("\(error)")
        fflush(nil)
        exit(ExitStatus.software)
      }
    }
    let source = endOnTerminate(task)
    defer { source.cancel() }
    dispatchMain()
  }

  private static let works: [String: @Sendable (FaultOrder) async throws -> Void] = [
    "hold-connections": HoldConnections.work, "replay-pause": ReplayPause.work, "replay-lag": ReplayLag.work,
    "provider": ProviderFault.work, "redis-flush": RedisFlush.work, "hold-row": HoldRow.work,
    "deadlocks": Deadlocks.work, "redis-expire": RedisExpire.work, "slow-queries": SlowQueries.work,
    "background-job": BackgroundJob.work,
  ]

  /// As the first process of its node it would not even get a signal that it has no handler for.
  private static func endOnTerminate(_ task: Task<Void, Never>) -> any DispatchSourceSignal {
    signal(SIGTERM, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGTERM)
    source.setEventHandler { task.cancel() }
    source.resume()
    return source
  }
}

/// What a worker is told.
struct FaultOrder: Sendable {
  var values: [String: String]
  var secret: String

  /// A parameter; they were checked when the fault was ordered.
  func text(_ name: String) throws -> String {
    guard let value = values[name] else { throw FaultProblem(description: "\(name) is missing") }
    return value
  }

  /// A parameter that is a number.
  func number(_ name: String) throws -> Int {
    guard let value = Int(try text(name)) else { throw FaultProblem(description: "\(name) is no number") }
    return value
  }

  /// The fault is there: whoever ordered it waits for this line.
  static func ready(_ detail: String) {
    print("ready: \(detail)")
    fflush(nil)
  }

  /// Waits until the worker is ended.
  static func untilEnded() async {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }
}

struct FaultProblem: Error, CustomStringConvertible {
  var description: String
}
