import CPlatform
import Foundation
import Testing

@testable import Engine

/// The folder of a running lab: who holds it, and that it can be removed.
@Suite struct RunFolderTests {
  private let run = RunDirectory(path: RunDirectory.base + "/test-\(UUID().uuidString.prefix(8))")

  @Test func whoOnlyLooksIsWaitedFor() throws {
    defer { try? Removal.remove(run.path) }
    try run.create()
    let looking = firedrill_lock_file(run.guardianLock)
    #expect(looking >= 0)
    let end = Thread {
      usleep(60_000)
      close(looking)
    }
    end.start()
    try Guardian.lock(run)
    #expect(run.isAlive)
    #expect(throws: EngineError.self) { try Guardian.lock(run) }
  }

  @Test func aLockOfARemovedFileIsNone() throws {
    try run.create()
    defer { try? Removal.remove(run.path) }
    let held = firedrill_lock_file(run.guardianLock)
    defer { close(held) }
    unlink(run.guardianLock)
    #expect(firedrill_lock_file(run.guardianLock) >= 0)
  }

  @Test func everythingIsRemovedHoweverDeepAndClosed() throws {
    try run.create()
    var folder = open(run.path, O_RDONLY | O_DIRECTORY)
    // Far longer than a path may be, and with more levels than files may be open.
    let name = String(repeating: "x", count: 200)
    for _ in 0..<1_500 {
      #expect(mkdirat(folder, name, 0o700) == 0 && mkdirat(folder, ".removed-1", 0o700) == 0)
      let next = openat(folder, name, O_RDONLY | O_DIRECTORY)
      close(openat(folder, "file", O_CREAT | O_WRONLY, 0o000))
      fchmod(folder, 0o000)
      close(folder)
      folder = next
    }
    close(folder)
    symlink("/etc", run.path + "/link")
    try Removal.remove(run.path)
    #expect(!FileManager.default.fileExists(atPath: run.path) && FileManager.default.fileExists(atPath: "/etc/passwd"))
    try Removal.remove(run.path)
  }

  /// What a removal had got to when it was killed has no lock any more.
  @Test func aRemovalThatWasCutOffIsFinishedByTheNextSweep() throws {
    try run.create()
    #expect(rename(run.path, run.path + ".gone") == 0)
    #expect(RunDirectory.sweep().contains((run.path as NSString).lastPathComponent + ".gone"))
    #expect(!FileManager.default.fileExists(atPath: run.path + ".gone"))
    try run.create()
    try run.remove()
    #expect(!FileManager.default.fileExists(atPath: run.path))
    #expect(!FileManager.default.fileExists(atPath: run.path + ".gone"))
  }
}
