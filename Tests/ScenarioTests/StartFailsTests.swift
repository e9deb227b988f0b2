import Foundation
import Testing

/// A start that comes to nothing.
extension SideBySideTests {
  @Suite(.serialized) struct StartFailsTests {
    /// No shop answers so: the symptom never shows.
    private static let text =
      TestHome.head("never-shown", budget: "60s")
      .replacing("status: 404, rounds: 1, within: 10s", with: "status: 418, rounds: 1, within: 1s") + """

        load:
          rate: 10
          arrival: constant
          users: 5
          products: 400
          zipf: 1.0
          patience: 5s
          in_flight: 64
          mix: { product: 1 }
        trials:
          - name: mitigated
            tier: mitigated
            steps:
              - window: { length: 2s, users: true }
        checks:
          - { id: users-are-served, tier: mitigated, trial: mitigated, section: verify, share: 0.01 }
        """

    @Test func aSymptomThatDoesNotShowIsNoBug() throws {
      try #require(Self.text.contains("418"))
      let home = try TestHome("never-shown", Self.text, lab: ["dns:payment:8080": "dns:proxy:8081"])
      let cli = try CLI(home: home)
      defer { try? cli.finish() }
      let started = try cli.run("start", "never-shown", timeout: 60)
      #expect(started.status == 1, "\(started.errors)")
      #expect(started.errors.contains("the symptom did not show within"), "\(started.errors)")
      try eventually(within: 5, "nothing of it runs") { Processes.withWords("guardian", cli.lab).isEmpty }
    }
  }
}
