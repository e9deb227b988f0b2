import FoundationEssentials
import Instrumentation
import Logging
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct LogTests {
  private final class Sink: Sendable {
    let lines = Mutex<[String]>([])
  }

  @Test func aRecordIsOneLineOfJSONWithTheTrace() throws {
    let sink = Sink()
    let logger = Logger(label: "x") { _ in
      JSONLogHandler(service: "inventory", instance: "inventory-7", level: .info) { line in
        sink.lines.withLock { $0.append(line) }
      }
    }
    var context = ServiceContext.topLevel
    let trace = TraceContext()
    context.trace = trace
    ServiceContext.withValue(context) {
      logger.error("FATAL:  sorry,\n\"too\" many\u{1}", metadata: ["sqlstate": "53300", "time": "x"])
      logger.debug("not this")
    }
    let lines = sink.lines.withLock { $0 }
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.last == "\n" && line.dropLast().allSatisfy { $0 != "\n" })
    let record = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(record["message"] == "FATAL:  sorry,\n\"too\" many\u{1}")
    #expect(record["service"] == "inventory")
    #expect(record["instance"] == "inventory-7")
    #expect(record["level"] == "error")
    #expect(record["trace_id"] == trace.traceID)
    #expect(record["sqlstate"] == "53300")
    #expect(record["time_"] == "x")
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000Z"), (951_827_696_000_001, "2000-02-29T12:34:56.000001Z"),
    (-1, "1969-12-31T23:59:59.999999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    (1_798_761_599_500_000, "2026-12-31T23:59:59.500000Z"),
  ])
  func timesAreRFC3339(microseconds: Int64, text: String) {
    #expect(Timestamp.text(microseconds: microseconds) == text)
  }
}
