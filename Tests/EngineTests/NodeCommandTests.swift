import Testing

@testable import Engine

@Suite struct NodeCommandTests {
  @Test func whatALabSaysReachesOnlyTheCommandInside() {
    let installation = Installation(share: "/s", programs: "/p")
    #expect(
      NodeCommand.line(["sh", "-c", "x"], inNode: 7, by: installation)
        == ["/p/firedrill", "enter-node", "7", "--", "sh", "-c", "x"])
    #expect(NodeCommand.environment(adding: ["LD_PRELOAD": "/x"]) == ["FIREDRILL_NODE_LD_PRELOAD": "/x"])
    #expect(NodeCommand.environment(adding: ["A=b=c", "none"]) == ["FIREDRILL_NODE_A": "b=c"])
  }
}
