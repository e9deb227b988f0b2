import Foundation
import Probes
import Testing

/// The judge's look at the machine.
@Suite struct MachineLookTests {
  @Test func aLookLeavesNothingBehind() async throws {
    let folder = NSTemporaryDirectory() + "stall-\(UUID().uuidString)"
    #expect(MachineStall(folder: folder) == nil)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let machine = try #require(MachineStall(folder: folder))
    defer { machine.end() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    let look = await machine.look()
    #expect(look.stall > .zero && look.slowness >= 1)
  }
}
