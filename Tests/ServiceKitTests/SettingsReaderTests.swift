import Clients
import Logging
import Testing

@testable import ServiceKit

@Suite struct SettingsReaderTests {
  private enum Mode: String, CaseIterable { case prepared, unnamed }

  @Test func everyProblemIsReportedAtOnceWithKeyValueAndWhatIsAllowed() throws {
    var reader = SettingsReader(environment: [
      "A_PORT": "abc", "A_SIZE": "11", "A_MODE": "other", "A_RATE": "2", "A_TIMEOUT": "-5",
      "A_PASSWORD_FILE": "/nowhere/at/all", "A_INSTANCES": "one,two",
    ])
    #expect(reader.integer("A_PORT", default: 1, in: 1...65_535, unit: "TCP port") == 1)
    #expect(reader.integer("A_SIZE", default: 2, in: 1...10, unit: "things") == 2)
    #expect(reader.choice("A_MODE", default: Mode.prepared) == .prepared)
    #expect(reader.number("A_RATE", default: 0.5, in: 0...1, unit: "share") == 0.5)
    #expect(reader.milliseconds("A_TIMEOUT", default: 7) == .milliseconds(7))
    #expect(reader.secretFile("A_PASSWORD_FILE") == nil)
    #expect(reader.instances("A_INSTANCES", default: "dns:a:1") == .list([]))
    #expect(reader.requiredText("A_HOST", allowed: "a name").isEmpty)
    let error = try #require(throws: SettingsError.self) { try reader.finish() }
    #expect(
      error.problems.map(\.key) == [
        "A_PORT", "A_SIZE", "A_MODE", "A_RATE", "A_TIMEOUT", "A_PASSWORD_FILE", "A_INSTANCES", "A_HOST",
      ])
    #expect(error.problems.map(\.value) == ["abc", "11", "other", "2", "-5", "/nowhere/at/all", "one,two", nil])
    #expect(error.description.contains("A_SIZE=11: must be a whole number from 1 to 10 (things)"))
    #expect(error.description.contains("A_MODE=other: must be one of prepared, unnamed"))
    #expect(error.description.contains("A_HOST is not set: must be a name"))
    #expect(error.description.split(separator: "\n").count == 8)
  }

  @Test func whatIsNotSetOrEmptyTakesItsDefault() throws {
    var reader = SettingsReader(environment: ["A_PORT": "", "A_NAME": "x"])
    #expect(reader.integer("A_PORT", default: 80, in: 1...100, unit: "TCP port") == 80)
    #expect(reader.text("A_NAME", default: "y") == "x")
    #expect(reader.text("A_OTHER", default: "y") == "y")
    try reader.finish()
  }

  @Test func misspeltVariablesAreFound() {
    var reader = SettingsReader(environment: ["A_POOL_MAX": "3", "A_POOL_MAXX": "3", "OTHER": "1"])
    _ = reader.integer("A_POOL_MAX", default: 1, in: 1...5, unit: "connections")
    #expect(reader.unknownKeys(prefix: "A_") == ["A_POOL_MAXX"])
  }

  @Test func commonSettingsFollowTheHostname() throws {
    var reader = SettingsReader(environment: ["HOSTNAME": "inventory-7", "LOG_LEVEL": "debug"])
    let settings = CommonSettings(reading: &reader)
    try reader.finish()
    #expect(settings.host == "inventory-7")
    #expect(settings.instance == "inventory-7")
    #expect(settings.port == 8080)
    #expect(settings.logLevel == .debug)
    #expect(settings.shutdownGrace == .milliseconds(5000))
  }

  @Test func databaseSettingsHaveTheirDocumentedDefaults() throws {
    var reader = SettingsReader(environment: ["ORDER_DATABASE_HOST": "db"])
    let settings = DatabaseSettings(reading: &reader, prefix: "ORDER", database: "orders")
    try reader.finish()
    #expect(settings.connection.host == "db")
    #expect(settings.connection.port == 5432)
    #expect(settings.connection.database == "orders")
    #expect(settings.connection.user == "orders")
    #expect(settings.connection.password == nil)
    #expect(settings.connection.statementTimeout == .milliseconds(5000))
    #expect(settings.pool.max == 10)
    #expect(settings.pool.minIdle == 0)
    #expect(settings.pool.acquireTimeout == .milliseconds(500))
    #expect(settings.pool.connectTimeout == .milliseconds(2000))
  }

  @Test func moreIdleConnectionsThanThePoolHoldsIsAProblem() {
    var reader = SettingsReader(environment: [
      "ORDER_DATABASE_HOST": "db", "ORDER_POOL_MAX": "2", "ORDER_POOL_MIN_IDLE": "3",
    ])
    _ = DatabaseSettings(reading: &reader, prefix: "ORDER", database: "orders")
    #expect(reader.problems.map(\.key) == ["ORDER_POOL_MIN_IDLE"])
  }
}

@Suite struct InstanceSourceTests {
  @Test func listsAndNamesAreRead() {
    #expect(InstanceSource("a:1") == .list([Endpoint(host: "a", port: 1)]))
    #expect(InstanceSource("a:1, b:2") == .list([Endpoint(host: "a", port: 1), Endpoint(host: "b", port: 2)]))
    #expect(InstanceSource("dns:inventory:8080") == .dns(Endpoint(host: "inventory", port: 8080)))
  }

  @Test(arguments: [
    "", "a", "a:", ":1", "a:0", "a:65536", "a:1,", "a:1,,b:2", "dns:", "dns:a", "dns:a:b", "http://a:1",
  ])
  func whatIsNeitherIsRefused(text: String) {
    #expect(InstanceSource(text) == nil)
  }
}
