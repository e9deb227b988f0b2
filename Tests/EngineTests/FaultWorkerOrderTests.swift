import Foundation
import Testing

@testable import Engine

@Suite struct FaultWorkerOrderTests {
  @Test func aWorkerReadsWhatItWasTold() throws {
    let path = NSTemporaryDirectory() + "firedrill-order-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let request = FaultRequest(
      kind: "replay-lag", parameters: ["host": "postgres-replica", "from_ms": "600", "to_ms": "800"], lease: 7)
    guard case .worker(let worker) = try FaultKind(request) else {
      Issue.record("replay-lag has no worker")
      return
    }
    let order = FaultWorkerOrder(kind: worker.kind, values: worker.orders, secret: "s=\n\"1\"")
    try JSONEncoder().encode(order).write(to: URL(fileURLWithPath: path))
    let read = try FaultWorkerOrder.read(path)
    #expect(read == order)
    #expect(read.kind == "replay-lag" && read.values["host"] == "postgres-replica" && read.values["to_ms"] == "800")
    #expect(throws: (any Error).self) { try FaultWorkerOrder.read(path + "-none") }
  }
}
