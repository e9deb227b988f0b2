import Foundation
import Testing

/// `firedrill certify` as a script uses it: wrong words, an interrupt, and going on where it stopped.
extension ScenarioTests {
  @Suite(.serialized) struct CertifyTests {
    @Test(arguments: [
      ["--repeat", "0"], ["--sample", "HEAD"], ["--jobs", "0"], ["one-bad-instnace"], ["base"],
      ["--cells", "nothign"], ["--sample", "abcdef0", "--cells", "nothing"],
    ])
    func wrongWordsAreUsageErrors(_ arguments: [String]) throws {
      let cli = try CLI()
      let out = NSTemporaryDirectory() + "certify-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: out) }
      let result = try cli.launch(["certify", "--out", out] + arguments).wait(10)
      #expect(result.status == 64, "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: out + "/certification.json"))
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
    }

    private func lines(_ path: String) -> Int {
      (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").count ?? 0
    }
  }
}
