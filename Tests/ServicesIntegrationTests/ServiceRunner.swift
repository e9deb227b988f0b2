import Logging
import NIOCore
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Runs services inside this process, each as its own program would.
actor ServiceRunner {
  private var groups: [(group: ServiceGroup, task: Task<Void, any Error>)] = []
  nonisolated let log = CapturedLog()

  /// Starts a service on a free port.
  /// - Returns: where it listens.
  func run<Kind: FleetService>(_ kind: Kind.Type, _ settings: Kind.Settings, instance: String) async throws -> Endpoint
  {
    let log = self.log
    let logger = Logger(label: kind.name) { _ in
      JSONLogHandler(service: kind.name, instance: instance, level: .info) { log.append($0) }
    }
    let host = ServiceHost(name: kind.name, common: CommonSettings(instance: instance), logger: logger)
    let built = try kind.build(settings, host: host)
    let (ports, listening) = AsyncStream<Int>.makeStream()
    let server = host.application(built) { channel in
      if let port = channel.localAddress?.port { listening.yield(port) }
      listening.finish()
    }
    let group = ServiceGroup(
      configuration: .init(services: built.services + [server], logger: logger))
    let task = Task {
      defer { listening.finish() }
      try await group.run()
    }
    groups.append((group, task))
    guard let port = await ports.first(where: { _ in true }) else {
      try await task.value
      throw NeverListened(service: kind.name)
    }
    return Endpoint(host: "127.0.0.1", port: port)
  }

  /// Stops all of them, the last started first.
  func stop() async throws {
    for (group, task) in groups.reversed() {
      await group.triggerGracefulShutdown()
      try await task.value
    }
    groups.removeAll()
  }

  struct NeverListened: Error { var service: String }
}

/// What the services logged.
final class CapturedLog: Sendable {
  private let lines = Mutex<[String]>([])

  func append(_ line: String) { lines.withLock { $0.append(line) } }

  /// Lines that hold all of these texts.
  func lines(with texts: String...) -> [String] {
    lines.withLock { lines in lines.filter { line in texts.allSatisfy { line.contains($0) } } }
  }
}
