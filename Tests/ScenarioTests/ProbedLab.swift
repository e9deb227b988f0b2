import Foundation
import Testing

/// A lab as the tests look at it: past the console, so that nothing is started by looking.
struct ProbedLab {
  let cli: CLI
  private let addresses: [String: String]

  /// Looks up where the nodes are.
  init(_ cli: CLI) throws {
    self.cli = cli
    let nodes = try #require(try cli.json("status", "--all", "--json").value["nodes"] as? [[String: Any]])
    addresses = nodes.reduce(into: [:]) { all, node in
      if let name = node["name"] as? String { all[name] = node["address"] as? String }
    }
  }

  /// For a lab that is reached some other way.
  init(_ cli: CLI, addresses: [String: String]) {
    self.cli = cli
    self.addresses = addresses
  }

  func address(_ node: String) throws -> String { try #require(addresses[node], "there is no \(node)") }

  /// What a shell command prints, without the final line's end; what fails prints nothing.
  func shell(_ text: String) throws -> String {
    let result = try cli.launch(["-c", text], program: "/bin/sh").wait(20)
    return result.status == 0 ? result.out.trimmingCharacters(in: .newlines) : ""
  }

  /// The first field of the first row, as the superuser.
  func sql(_ text: String, on node: String = "postgres", database: String = "postgres") throws -> String {
    try shell(
      """
      PGPASSWORD=$(cat '\(cli.lab)/secrets/postgres-password') PGCONNECT_TIMEOUT=2 timeout 3 \
        psql -h \(try address(node)) -U postgres -d \(database) -XqAtc "\(text)" 2>/dev/null
      """)
  }

  func redis(_ command: String) throws -> String {
    try shell(
      """
      REDISCLI_AUTH=$(cat '\(cli.lab)/secrets/redis-password') timeout 0.5 \
        redis-cli -h \(try address("redis")) \(command) 2>/dev/null
      """)
  }

  /// The status of a request, and how long it took; status 0 when there was no answer within 5 s.
  func http(_ url: String, _ more: String = "") throws -> (status: Int, seconds: Double) {
    let words = try shell("curl -s -o /dev/null -m 5 -w '%{http_code} %{time_total}' \(more) \(url) || true")
      .split(separator: " ")
    return (words.first.flatMap { Int($0) } ?? 0, words.last.flatMap { Double($0) } ?? 0)
  }

  /// An order through the gateway, of a user of its own.
  func order() throws -> (status: Int, seconds: Double) {
    let gateway = "http://\(try address("gateway")):8080"
    let json = "-H 'Content-Type: application/json'"
    let body = try shell("curl -s -m 5 \(json) -d '{}' \(gateway)/sessions")
    let id = body.components(separatedBy: "\"id\":\"").dropFirst().first?.split(separator: "\"").first
    let session = try #require(id, "no session: \(body)")
    let items = "-d '{\"items\":[{\"sku\":\"SKU-0001\",\"quantity\":1}]}'"
    let own = "-H 'Cookie: session=\(session)' -H 'Idempotency-Key: \(UUID().uuidString)'"
    return try http(gateway + "/orders", "\(json) \(own) \(items)")
  }

  /// Whether the replica shows within 400 ms what is written now.
  func replicaFollows() throws -> Bool {
    let mark = try sql("SELECT pg_logical_emit_message(true, 'test', 'mark')")
    guard !mark.isEmpty else { return false }
    let seen =
      "DO \\$\\$ BEGIN FOR i IN 1..20 LOOP IF pg_last_wal_replay_lsn() >= '\(mark)' THEN RETURN; END IF; "
      + "PERFORM pg_sleep(0.02); END LOOP; RAISE 'not seen'; END \\$\\$; SELECT 'seen'"
    return try sql(seen, on: "postgres-replica").hasSuffix("seen")
  }
}
