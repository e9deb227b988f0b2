import Foundation
import Testing

/// What a grade leaves behind. That its verdicts are right is shown by `firedrill certify`.
extension ScenarioTests {
  @Suite(.serialized) struct EvidenceTests {
    @Test func aGradeIsRegradedToTheSameVerdict() throws {
      let cli = try CLI()
      try cli.withLab {
        let first = try cli.json("grade", "--json")
        let evidence = try #require(first.value["evidence"] as? String)
        let again = try cli.run("regrade", evidence, "--json")
        #expect(again.status == first.status, "\(again.errors)")
        let saved = try String(contentsOfFile: evidence + "/verdict.json", encoding: .utf8)
        #expect(again.out.trimmingCharacters(in: .newlines) == saved.trimmingCharacters(in: .newlines))
        try editedEvidenceIsRefused(cli, evidence)
      }
    }

    private func editedEvidenceIsRefused(_ cli: CLI, _ evidence: String) throws {
      let history = evidence + "/history.jsonl"
      let text = try String(contentsOfFile: history, encoding: .utf8)
      try String(text.dropLast(200)).write(toFile: history, atomically: true, encoding: .utf8)
      let result = try cli.run("regrade", evidence)
      #expect(result.status == 3)
      #expect(result.errors.contains("history.jsonl"), "\(result.errors)")
    }
  }
}
