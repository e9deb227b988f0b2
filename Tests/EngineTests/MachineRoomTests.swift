import Foundation
import TestFiles
import Testing

@testable import Engine

/// What the kernel's files say of a disk.
struct MachineRoomTests {
  /// A sysfs with one ext4.
  private func system(journal: String?) throws -> Scratch {
    let folder = try Scratch("dev/block", "devices/virtio1/vda", "fs/ext4/vda")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/dev/block/254:0", withDestinationPath: "../../devices/virtio1/vda")
    try journal?.write(toFile: folder.path + "/fs/ext4/vda/journal_task", atomically: false, encoding: .utf8)
    return folder
  }

  @Test func anExt4WithoutAJournalIsKnown() throws {
    let none = try system(journal: "<none>\n")
    #expect(MachineRoom.lacksJournal(device: "254:0", system: none.path))
    // Another device, and what is no device.
    #expect(!MachineRoom.lacksJournal(device: "254:1", system: none.path))
    #expect(!MachineRoom.lacksJournal("/proc", system: none.path))
  }

  @Test func aJournalAndOtherFileSystemsAreNotTakenForIt() throws {
    let journal = try system(journal: "352\n")
    #expect(!MachineRoom.lacksJournal(device: "254:0", system: journal.path))
    let other = try system(journal: nil)
    #expect(!MachineRoom.lacksJournal(device: "254:0", system: other.path))
  }

  @Test func aPathThatIsNotThereStandsForTheFolderAbove() throws {
    let folder = try Scratch()
    #expect(MachineRoom.disk(of: folder.path + "/not/there").bytes > 0)
    #expect(MachineRoom.lacksJournal(folder.path + "/not/there") == MachineRoom.lacksJournal(folder.path))
  }
}
