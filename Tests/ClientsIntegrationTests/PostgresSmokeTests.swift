import Clients
import TestServers
import Testing

@Suite struct PostgresSmokeTests {
  @Test func poolQueries() async throws {
    try await withClient(Shared.configuration(Shared.postgres.value)) { client in
      let rows = try await client.query("SELECT 1 + \(1)")
      #expect(try rows.first?.decode(Int.self) == 2)
      print(await client.statistics)
    }
  }
}
