import Clients
import Controller
import Foundation

/// `firedrill hold-connections ...`: opens database connections, says `held N`, and keeps them until it is ended.
enum HoldConnectionsProcess {
  static func run(_ arguments: [String]) -> Int32 {
    var values: [String: String] = [:]
    for index in stride(from: 0, to: arguments.count - 1, by: 2) { values[arguments[index]] = arguments[index + 1] }
    guard let host = values["--host"], let port = values["--port"].flatMap(Int.init), let user = values["--user"],
      let database = values["--database"], let file = values["--password-file"],
      let count = values["--count"].flatMap(Int.init),
      let password = try? String(contentsOfFile: file, encoding: .utf8)
    else { return ExitStatus.usage }
    let configuration = PostgresConfiguration(
      host: host, port: port, database: database, user: user,
      password: password.trimmingCharacters(in: .whitespacesAndNewlines), applicationName: "held", statements: .unnamed)
    Task { await hold(configuration, count: count) }
    dispatchMain()
  }

  private static func hold(_ configuration: PostgresConfiguration, count: Int) async {
    var held: [PostgresConnection] = []
    var refusal = ""
    for _ in 0..<count {
      do {
        held.append(try await PostgresConnection.connect(configuration))
      } catch {
        refusal = "; then: \(error)"
        break
      }
    }
    print("held \(held.count) of \(count)\(refusal)")
    fflush(nil)
    // Nothing more to do: the connections live as long as this process does.
    await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in _ = held }
  }
}
