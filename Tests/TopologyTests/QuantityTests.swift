import Testing

@testable import Topology

@Suite struct QuantityTests {
  @Test(arguments: [
    ("1s", 1_000_000), ("500ms", 500_000), ("1m30s", 90_000_000), ("1h5m30s20ms", 3_930_020_000), ("1.5s", 1_500_000),
    ("0", 0), ("0s", 0), ("10us", 10), ("10µs", 10), (".5s", 500_000), ("1000h", 3_600_000_000_000),
  ]) func durations(text: String, microseconds: Int) {
    #expect(Quantity.duration(text) == .microseconds(microseconds))
  }

  @Test(arguments: ["", "1", "s", "-1s", "1 s", "1x", "1s2", "1.2.3s", "1001h", "1e3s", "١s", "+1s", "1S"])
  func noDurations(text: String) { #expect(Quantity.duration(text) == nil) }

  @Test(arguments: [
    ("0", 0), ("100", 100), ("100b", 100), ("1k", 1024), ("1kb", 1024), ("64m", 64 << 20), ("64M", 64 << 20),
    ("64MiB", 64 << 20), ("1.5g", 3 << 29), ("2 gb", 2 << 30), ("1t", 1 << 40),
  ]) func sizes(text: String, bytes: Int) { #expect(Quantity.bytes(text) == bytes) }

  @Test(arguments: ["", "m", "-1m", "1x", "1mm", "1bb", "1bib", "1m m", "1e3", "9999999999t", "0x10"])
  func noSizes(text: String) { #expect(Quantity.bytes(text) == nil) }

  @Test(arguments: [
    ("a b", ["a", "b"]), ("  a   b ", ["a", "b"]), ("", []), ("''", [""]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
    ("a\\ b", ["a b"]), ("'a\\b'", ["a\\b"]), ("\"a\\\"b\\n\\$\"", ["a\"b\\n$"]), ("a'b'\"c\"d", ["abcd"]),
    ("sh -c 'exec x --listen=$HOSTNAME:9090'", ["sh", "-c", "exec x --listen=$HOSTNAME:9090"]),
    ("a # b", ["a", "#", "b"]),
  ]) func words(line: String, expected: [String]) { #expect(ShellWords.split(line) == expected) }

  @Test(arguments: ["'a", "\"a", "a\\", "\"a\\"]) func noWords(line: String) { #expect(ShellWords.split(line) == nil) }

  @Test func spelling() {
    #expect(Spelling.nearest(to: "comand", among: ["command", "volumes"]) == "command")
    #expect(Spelling.nearest(to: "enviroment", among: ["environment", "entrypoint"]) == "environment")
    #expect(Spelling.nearest(to: "ulimit", among: ["ulimits", "init"]) == "ulimits")
    #expect(Spelling.nearest(to: "devices", among: ["deploy", "volumes", "secrets"]) == nil)
    #expect(Spelling.distance("ab", "ba") == 1)
    #expect(Spelling.distance("", "abc") == 3)
  }
}
