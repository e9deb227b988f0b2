import Foundation
import Testing

/// `firedrill certify` as a script uses it: wrong words, an interrupt, and going on where it stopped.
extension ScenarioTests {
  @Suite(.serialized) struct CertifyTests {
    @Test(arguments: [
      ["--repeat", "0"], ["--sample", "HEAD"], ["--jobs", "0"], ["one-bad-instnace"], ["base"],
      ["--cells", "nothign"], ["--sample", "abcdef0", "--cells", "nothing"], ["--timing", "--cells", "nothing"],
      ["--commit", "HEAD"],
    ])
    func wrongWordsAreUsageErrors(_ arguments: [String]) throws {
      let cli = try CLI()
      let out = NSTemporaryDirectory() + "certify-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: out) }
      let result = try cli.launch(["certify", "--out", out] + arguments).wait(10)
      #expect(result.status == 64, "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: out + "/certification.json"))
    }

    @Test func resultsOfAnotherEngineAreNotMixedIn() throws {
      let cli = try CLI()
      let out = NSTemporaryDirectory() + "certify-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: out) }
      let line =
        #"{"schema":1,"scenario":"deadlock","cell":"nothing","round":1,"busy":false,"files":"f","programs":"p","#
        + #""engine":"compose","outcome":"right","detail":"","seconds":1,"at":1}"# + "\n"
      try line.write(toFile: out + "/certification.jsonl", atomically: true, encoding: .utf8)
      let result = try cli.launch(["certify", "deadlock", "--cells", "nothing", "--out", out]).wait(20)
      #expect(result.status == 64 && result.errors.contains("--engine compose"), "\(result.errors)")
    }

    @Test func anInterruptKeepsWhatIsDoneAndLeavesNoLab() throws {
      let cli = try CLI()
      let out = NSTemporaryDirectory() + "certify-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: out) }
      let command = ["certify", "one-bad-instance", "--cells", "nothing", "scale-to-zero", "--jobs", "1", "--out", out]
      let record = out + "/certification.jsonl"
      let first = try cli.launch(command)
      try eventually(within: 120, "the first cell is done") { lines(record) == 1 }
      let folder = try String(contentsOfFile: out + "/running", encoding: .utf8)
      let lab = folder + "/0/lab"
      try eventually(within: 30, "the second lab starts") { !Processes.withWords("guardian", lab).isEmpty }
      // A cell that leaves files open ends a certification of hundreds of them; the folder of the first is gone by now.
      let open = Processes.openFiles(of: first.process.processIdentifier)
      #expect(!open.isEmpty && !open.contains { $0.hasSuffix("(deleted)") }, "\(open)")
      #expect(try cli.launch(command).wait(20).status == 64, "two write to one folder")
      kill(first.process.processIdentifier, SIGINT)
      let interrupted = try first.wait(60)
      #expect(interrupted.status == 130, "\(interrupted.errors)")
      #expect(Processes.withWords("guardian", lab).isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder))
      let second = try cli.launch(command).wait(180)
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.errors.contains("1 of them done already"), "\(second.errors)")
      #expect(lines(record) == 2)
      // All is done: nothing is left to do, and nothing has to be run again.
      #expect(try cli.launch(command).wait(20).status == 0)
      // A wrong verdict of a run with busy processors is one, whatever is asked for now.
      let right = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")[0]
      let wrong = right.replacing(#""busy":false"#, with: #""busy":true"#)
        .replacing(#""outcome":"right""#, with: #""outcome":"wrong""#)
      try (right + "\n" + wrong + "\n").write(toFile: record, atomically: true, encoding: .utf8)
      let done = ["certify", "one-bad-instance", "--cells", "nothing", "--jobs", "1", "--out", out]
      let last = try cli.launch(done).wait(20)
      #expect(last.status == 1 && last.errors.contains("wrong verdicts are on record"), "\(last.errors)")
    }

    private func lines(_ path: String) -> Int {
      (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").count ?? 0
    }
  }
}
