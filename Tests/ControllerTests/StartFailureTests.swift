import Engine
import Testing

@testable import Controller

/// What a start that came to nothing ends with: 70 is for bugs of ours alone.
@Suite struct StartFailureTests {
  @Test func aLabThatDoesNotGetHealthyHasFailed() throws {
    let sick = [
      NodeStatus(
        name: "order-1", service: "order", judge: false, address: "127.64.1.1", state: .failed, exit: "exit 64"),
      NodeStatus(name: "gateway", service: "gateway", judge: false, address: "127.64.1.2", state: .waiting),
    ]
    let failure = try #require(LabController.failure(of: sick, logs: "lab/logs"))
    #expect(failure.code == ExitStatus.failed)
    #expect(failure.message.hasSuffix("order-1 is failed (exit 64), gateway is waiting; see lab/logs"))
    #expect(LabController.failure(of: [], logs: "lab/logs") == nil)
  }
}
