import Engine
import Foundation
import TestFiles
import Testing

@testable import Verification

@Suite struct LabBoundsTests {
  @Test func whatIsUsedTooMuchIsNamed() throws {
    let scratch = try Scratch("a")
    try Data(repeating: 1, count: 300_000).write(to: URL(fileURLWithPath: scratch.path + "/a/b"))
    var bounds = LabBounds()
    #expect(bounds.excess(below: [getpid()], folders: [scratch.path]) == nil)
    bounds.diskBytes = 200_000
    #expect(bounds.excess(below: [], folders: [scratch.path])?.reason == "too_much_disk")
    // A file with a hole takes what it holds, not what it pretends.
    #expect(truncate(scratch.path + "/a/b", 0) == 0 && truncate(scratch.path + "/a/b", 1 << 33) == 0)
    #expect(bounds.excess(below: [], folders: [scratch.path]) == nil)
    bounds.memoryBytes = 1
    #expect(bounds.excess(below: [getpid()], folders: [])?.reason == "too_much_memory")
    bounds.tasks = 0
    #expect(bounds.excess(below: [getpid()], folders: [])?.reason == "too_many_processes")
  }

  @Test func whatNobodyShowsIsMissedAllTheSame() {
    let bounds = LabBounds()
    let before = MachineUse(filesInMemory: 1 << 30, disks: [MachineRoom.Disk(bytes: 50 << 30, files: 1_000_000)])
    func excess(memory: Int = 0, bytes: Int = 0, files: Int = 0) -> LabBounds.Excess? {
      var now = before
      now.filesInMemory += memory
      now.disks[0].bytes -= bytes
      now.disks[0].files -= files
      return bounds.excess(since: before, now)
    }
    #expect(excess(memory: 4 << 30, bytes: 4 << 30, files: 200_000) == nil && excess(bytes: -(9 << 30)) == nil)
    #expect(excess(memory: 5 << 30)?.reason == "too_much_memory")
    #expect(excess(bytes: 5 << 30)?.reason == "too_much_disk" && excess(files: 200_001)?.reason == "too_much_disk")
    // Others may have it.
    #expect(excess(bytes: 5 << 30)?.isCertain == false)
    let now = MachineUse.now(["/", "/not/there"])
    #expect(now.disks[0].bytes > 0 && now.disks[0].files > 0 && now.disks.count == 2)
  }

  @Test func manyFilesAreTooMuchDisk() throws {
    let scratch = try Scratch("a", "b", "c")
    var bounds = LabBounds()
    bounds.files = 3
    #expect(bounds.excess(below: [], folders: [scratch.path]) == nil)
    bounds.files = 2
    #expect(bounds.excess(below: [], folders: [scratch.path])?.description == "more than 2 files and folders")
  }

  @Test func aTreeEndsWhateverItsRootDoes() throws {
    let tree = Process()
    tree.executableURL = URL(fileURLWithPath: "/bin/bash")
    // Starts its child again, which hears nothing.
    tree.arguments = ["-c", "while :; do (trap '' TERM HUP INT; sleep 1000 & sleep 1001); done"]
    try tree.run()
    var found: [Int32] = []
    for _ in 0..<100 where found.count < 3 {
      usleep(20_000)
      found = ProcessTree.pids(below: tree.processIdentifier)
    }
    #expect(found.count >= 3)
    ProcessTree.end(tree.processIdentifier)
    tree.waitUntilExit()
    for pid in found {
      let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      #expect(stat.isEmpty || stat.contains(") Z "), "\(stat)")
    }
  }

  @Test func descendantsCountWhateverTheyAreCalled() throws {
    let scratch = try Scratch()
    // A name that misleads who reads the line of `stat` from its left.
    let program = scratch.path + "/x) S 1 1 ("
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: program)
    child.arguments = ["60"]
    try child.run()
    defer {
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
    }
    let own = ProcessTree.usage(below: [child.processIdentifier])
    #expect(own.tasks == 1 && own.memoryBytes > 0)
    let all = ProcessTree.usage(below: [getpid()])
    #expect(all.tasks > own.tasks && all.memoryBytes > own.memoryBytes)
    #expect(ProcessTree.usage(below: [Int32.max]) == ProcessTree.Usage())
  }
}
