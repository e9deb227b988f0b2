import Foundation
import Testing

@testable import Probes

/// What /proc says of processors.
@Suite struct ProcessorUseTests {
  @Test(arguments: [
    ("55 7 3\n", ProcessorUse.Share(run: 55, wait: 7) as ProcessorUse.Share?), ("55\n", nil), ("", nil),
  ])
  func aLineSaysHowLongItRanAndWaited(text: String, share: ProcessorUse.Share?) {
    #expect(ProcessorUse.share(text) == share)
  }

  @Test func onlyWhatCameSinceCounts() {
    func use(_ threads: [Int32: (Int64, Int64)]) -> ProcessorUse {
      ProcessorUse(threads: threads.mapValues { ProcessorUse.Share(run: $0.0, wait: $0.1) })
    }
    // One goes on, one is new, one has ended, and one ended and its number is another's now.
    let before = use([1: (100, 10), 3: (70, 7), 4: (50, 5), 5: (1, 9)])
    let now = use([1: (130, 14), 2: (9, 3), 4: (6, 8), 5: (2, 1)])
    #expect(now.since(before) == ProcessorUse.Share(run: 30 + 9 + 6 + 2, wait: 4 + 3 + 8 + 1))
    #expect(use([:]).isEmpty && !now.isEmpty && use([:]).since(now) == ProcessorUse.Share(run: 0, wait: 0))
  }

  @Test func whatDescendsFromARootCounts() throws {
    let own = ProcessInfo.processInfo.processIdentifier
    let before = ProcessorUse.now(of: [own])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // A child's child that runs until the child reads the end of its input.
    process.arguments = ["-c", "sh -c 'while :; do :; done' & read -r line; kill -9 $!"]
    let input = Pipe()
    process.standardInput = input
    try process.run()
    defer {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }
    let deadline = ContinuousClock.now + .seconds(60)
    var used: Int64 = 0
    while used < 50_000_000, ContinuousClock.now < deadline {
      used = ProcessorUse.now(of: [process.processIdentifier]).since(before).run
      usleep(20_000)
    }
    #expect(used >= 50_000_000)
    #expect(ProcessorUse.now(of: [own]).since(before).run >= 50_000_000)
    #expect(ProcessorUse.now(of: [4_194_305]).isEmpty && ProcessorUse.now(of: []).isEmpty)
  }
}
