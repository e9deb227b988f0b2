import Controller
import Engine
import Foundation

/// `firedrill fault-worker`: applies the fault that a file tells it, says `ready`, and undoes it when it is ended by
/// SIGTERM.
enum FaultWorkerProcess {
  static func run(_ arguments: [String]) -> Int32 {
    let terminate = blockTerminate()
    guard arguments.isEmpty, let told = try? FaultWorkerOrder.read(), let work = works[told.kind] else {
      return ExitStatus.usage
    }
    let order = FaultOrder(values: told.values, secret: told.secret)
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
    while true {
      var signals = terminate
      var number: Int32 = 0
      if sigwait(&signals, &number) == 0 { task.cancel() }
    }
  }

  private static let works: [String: @Sendable (FaultOrder) async throws -> Void] = [
    "hold-connections": HoldConnections.work, "replay-pause": ReplayPause.work, "replay-lag": ReplayLag.work,
    "provider": ProviderFault.work, "redis-flush": RedisFlush.work, "hold-row": HoldRow.work,
    "deadlocks": Deadlocks.work, "redis-expire": RedisExpire.work, "slow-queries": SlowQueries.work,
    "background-job": BackgroundJob.work, "toxic": ToxicFault.work,
  ]

  /// Before anything else: from here on SIGTERM waits until the first thread takes it, which does nothing else. As the
  /// first process of its node a worker would not get one that comes while nobody holds it back or handles it, and in
  /// `dispatchMain` the thread would let it through.
  private static func blockTerminate() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    return signals
  }
}

/// What a worker is told.
struct FaultOrder: Sendable {
  var values: [String: String]
  var secret: String

  /// A parameter; they were checked when the fault was ordered.
  func text(_ name: String) throws -> String {
    guard let value = values[name] else { throw FaultWorkerError(description: "\(name) is missing") }
    return value
  }

  /// A parameter that is a number.
  func number(_ name: String) throws -> Int {
    guard let value = Int(try text(name)) else { throw FaultWorkerError(description: "\(name) is no number") }
    return value
  }

  /// The fault is there: whoever ordered it waits for this line.
  static func ready(_ detail: String) {
    print("ready: \(detail)")
    fflush(nil)
  }

  /// Does something to its end also when the worker is told to end meanwhile: of an order that was broken off nobody
  /// knows whether it was carried out, perhaps after its undoing.
  static func whole<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task.detached(operation: body).value
  }

  /// Waits until the worker is ended.
  static func untilEnded() async {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }
}

/// Why a worker could not do its fault, for its log.
struct FaultWorkerError: Error, CustomStringConvertible {
  var description: String
}
