import Foundation
import Testing

/// Commands on a node, from the operator's shell too, and by way of the controller where an ordinary user has no other.
extension SideBySideTests {
  @Suite(.serialized) struct ShellTests {
    @Test func commandsRunOnANodeFromWhereverOneStands() throws {
      let cli = try CLI()
      try cli.withLab("base") {
        let words = "uname -n; psql -h postgres -U inventory -d inventory -XAtc 'SELECT 6 * 7'; exit 3"
        let outside = try cli.run("shell", "inventory-2", "--", "sh", "-c", words)
        #expect(outside.status == 3 && outside.out == "inventory-2\n42\n", "\(outside)")
        // As any user: root's command enters the node itself, others' the controller runs.
        let inside = try cli.script("firedrill shell inventory-2 -- sh -c \"\(words)\"")
        #expect(inside.status == 3 && inside.out == "inventory-2\n42\n", "\(inside)")
        let command = try String(decoding: JSONEncoder().encode(["sh", "-c", words]), as: UTF8.self)
        let (lines, result) = try ask(cli, node: "inventory-2", command: command)
        #expect(lines == "inventory-2\n42\n" && result == "3")
        #expect(try ask(cli, node: "inventory-9", command: command).result.contains("there is no node inventory-9"))
      }
    }

    /// What the controller's API answers: all output, and the exit status or what is wrong.
    private func ask(_ cli: CLI, node: String, command: String) throws -> (lines: String, result: String) {
      let run = try cli.runFolder
      let token = try String(contentsOfFile: run + "/token", encoding: .utf8)
      let reply = try cli.launch(
        [
          "--silent", "--max-time", "20", "--unix-socket", run + "/controller.sock", "--header",
          "Authorization: Bearer \(token)", "--header", "Content-Type: application/json", "--data",
          "{\"node\":\"\(node)\",\"command\":\(command)}", "http://localhost/v1/run",
        ], program: "/usr/bin/curl"
      ).wait(30)
      let parts = try reply.out.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\(reply)")
      }
      let last = try #require(parts.last, "\(reply)")
      let error = (last["error"] as? [String: Any])?["message"] as? String
      return (
        parts.compactMap { $0["line"] as? String }.joined(),
        try #require(last["result"] as? String ?? error, "\(reply)")
      )
    }
  }
}
