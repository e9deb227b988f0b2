import Testing
import Topology

/// What is said of variables that nobody uses, and of files beside one that can't be read.
@Suite struct UnusedTests {
  private let lab = "services:\n  a:\n    command: run\n    environment: {X: \"${USED:-1} $PLAIN ${OTHER-}\"}\n"

  @Test func aMisspeltVariableIsNamedWithTheNearest() throws {
    let env = "USED=1\n\n  OTHR=2\nPLAIN=3\n"
    let warnings = try parse(lab, env: env).warnings
    #expect(warnings.count == 1)
    #expect(warnings.first == ".env:3:1: OTHR: nothing uses it; did you mean `OTHER`?")
  }

  @Test func whatOtherVariablesOrComposeUseIsUsed() throws {
    #expect(try parse(lab, env: "INNER=1\nUSED=${INNER}\nPLAIN=3\nCOMPOSE_PROFILES=x\n").warnings.isEmpty)
  }

  @Test func aFileThatCannotBeReadIsAllThatIsSaid() {
    let judge = "services:\n  j:\n    command: run\n    secrets: [of-the-lab]\n"
    let found = problems("services: [\n", judge: judge)
    #expect(found.count == 1 && found.first?.hasPrefix("compose.yaml:") == true)
    #expect(problems(serviceFile(""), judge: judge).first?.hasPrefix("judge.yaml:") == true)
  }
}
