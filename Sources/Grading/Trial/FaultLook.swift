import Clients
import DrillCore
import Engine
import Probes

/// Looks whether a fault took effect, without asking the engine.
struct FaultLook {
  let context: TrialContext

  /// The nodes as they were before the fault came.
  let before: [NodeStatus]

  /// Whether the fault with these parameters is there, and what was seen.
  private typealias Look = @Sendable (FaultLook, [String: String]) async -> (Bool, String)

  /// One for every kind that a scenario may name: what nobody looks at never took effect.
  private static let looks: [String: Look] = [
    "stop-node": { await $0.ended(names($1), asked: true) },
    "kill-node": { await $0.ended(names($1), asked: false) },
    "pause-node": { await $0.frozen(names($1)) },
    "pause-process": { await $0.stopped($1["node"] ?? "", $1["process"] ?? "") },
    "scale": { await $0.instances(of: $1["service"] ?? "", $1["to"].flatMap { Int($0) } ?? 0) },
    "hold-connections": { await $0.connections($1) },
    "replay-pause": { await $0.replica($1["host"] ?? "", nil) },
    "replay-lag": { await $0.replica($1["host"] ?? "", $1["from_ms"].flatMap { Int($0) }) },
    "redis-flush": { await $0.redisKeys($1["host"] ?? "", $1["pattern"] ?? "", 0) },
    "redis-expire": {
      await $0.redisKeys($1["host"] ?? "", $1["pattern"] ?? "", $1["ttl_ms"].flatMap { Int($0) } ?? 0)
    },
    "slow-queries": { await $0.pressure("slow-queries", $1) },
    "background-job": { await $0.pressure("background-job", $1) },
    "provider": { await $0.provider($1) },
    "hold-row": { await $0.heldRow($1["sku"] ?? "") },
    "deadlocks": { look, _ in await look.countedDeadlock() },
    "toxic": { await $0.toxic($1) },
  ]

  /// The kinds that can be looked at, sorted.
  static let kinds: [String] = looks.keys.sorted()

  private static func names(_ parameters: [String: String]) -> [String] {
    FaultKind.names(in: parameters["node"] ?? "")
  }

  func look(_ kind: String, _ parameters: [String: String]) async -> (Bool, String) {
    guard let look = Self.looks[kind] else { return (false, "nobody knows how to look at \(kind)") }
    return await look(self, parameters)
  }

  /// A process of the node whose command line holds the text stands still, by /proc.
  private func stopped(_ name: String, _ title: String) async -> (Bool, String) {
    guard let node = try? await context.engine.nodes().first(where: { $0.name == name }), let pid = node.pid else {
      return (false, "\(name) does not run")
    }
    let found = ProcessProbe.family(of: pid).filter { ProcessProbe.commandLine(of: $0).contains(title) }
    guard !found.isEmpty else { return (false, "\(name) has no process \(title)") }
    var moving = found
    // A signal takes effect when the process is next on a processor.
    for _ in 0..<50 where !moving.isEmpty {
      moving = moving.filter { ProcessProbe.info(of: $0)?.isStopped != true }
      if !moving.isEmpty { try? await Task.sleep(for: .milliseconds(20)) }
    }
    return (moving.isEmpty, "\(found.count - moving.count) of \(found.count) processes \(title) of \(name) stand still")
  }

  /// A mark in the primary's log must come late at the replica: once by half of the least lag. Which part of a gulp a
  /// mark falls into is luck, so there are several tries.
  private func replica(_ host: String, _ least: Int?) async -> (Bool, String) {
    guard let primary = context.memory.database("orders") ?? context.memory.database("inventory"),
      let node = try? await context.engine.nodes().first(where: { $0.name == host }),
      let password = try? context.engine.secret("postgres-password")
    else { return (false, "there is no replica \(host)") }
    let replica = DatabaseProbe(host: node.address, database: "postgres", user: "postgres", password: password)
    let goal = Duration.milliseconds(least.map { min(600, max(50, $0 / 2)) } ?? 300)
    var seen = "nothing"
    for _ in 0..<10 {
      do {
        guard let lag = try await TrialContext.lag(of: replica, behind: primary, until: .now + goal) else {
          return (true, "a mark had not come to \(host) after \(Int(goal / .milliseconds(1))) ms")
        }
        seen = "a mark came to \(host) after \(Int(lag / .milliseconds(1))) ms"
      } catch {
        seen = "\(error)"
      }
    }
    return (false, seen)
  }

  /// A key of the judge's own that matches the pattern must be gone soon, or as soon as it may live.
  private func redisKeys(_ host: String, _ pattern: String, _ lives: Int) async -> (Bool, String) {
    guard let node = try? await context.engine.nodes().first(where: { $0.name == host }),
      let password = try? context.engine.secret("redis-password")
    else { return (false, "there is no Redis \(host)") }
    let key = pattern.replacing("*", with: "look-of-the-judge")
    do {
      let redis = RedisProbe(host: node.address, password: password)
      let isGone = try await redis.loses(key, within: .seconds(3) + .milliseconds(lives))
      return (isGone, "the key \(key) was \(isGone ? "deleted" : "left alone")")
    } catch {
      return (false, "\(error)")
    }
  }
}
