import Foundation
import Testing

@testable import Verification

@Suite struct LabBoundsTests {
  @Test func whatIsUsedTooMuchIsNamed() throws {
    let folder = NSTemporaryDirectory() + "firedrill-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/a", withIntermediateDirectories: true)
    try Data(repeating: 1, count: 300_000).write(to: URL(fileURLWithPath: folder + "/a/b"))
    var bounds = LabBounds()
    #expect(bounds.excess(below: getpid(), folders: [folder]) == nil)
    bounds.diskBytes = 200_000
    #expect(bounds.excess(below: nil, folders: [folder])?.reason == "too_much_disk")
    // A file with a hole takes what it holds, not what it pretends.
    #expect(truncate(folder + "/a/b", 0) == 0 && truncate(folder + "/a/b", 1 << 33) == 0)
    #expect(bounds.excess(below: nil, folders: [folder]) == nil)
    bounds.memoryBytes = 1
    #expect(bounds.excess(below: getpid(), folders: [])?.reason == "too_much_memory")
    bounds.tasks = 0
    #expect(bounds.excess(below: getpid(), folders: [])?.reason == "too_many_processes")
  }

  @Test func descendantsCountWhateverTheyAreCalled() throws {
    let folder = NSTemporaryDirectory() + "firedrill-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A name that misleads who reads the line of `stat` from its left.
    let program = folder + "/x) S 1 1 ("
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: program)
    child.arguments = ["60"]
    try child.run()
    defer {
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
    }
    let own = ProcessTree.usage(below: child.processIdentifier)
    #expect(own.tasks == 1 && own.memoryBytes > 0)
    let all = ProcessTree.usage(below: getpid())
    #expect(all.tasks > own.tasks && all.memoryBytes > own.memoryBytes)
    #expect(ProcessTree.usage(below: Int32.max) == ProcessTree.Usage())
  }
}
