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

    /// Ctrl-C in an ordinary user's shell ends the command on the node too.
    @Test func aCommandEndsWithWhoAskedForIt() throws {
      let cli = try CLI()
      try cli.withLab("base") {
        let call = try cli.launch(
          try request(cli, node: "inventory-2", command: #"["sleep","98765"]"#), program: "/usr/bin/curl")
        func search() throws -> Int32 {
          try cli.run("shell", "inventory-2", "--", "pgrep", "-xf", "sleep 98765").status
        }
        try eventually(within: 20, "the command runs") { try search() == 0 }
        // The one signal that a child of a thread with blocked signals gets for certain.
        kill(call.process.processIdentifier, SIGKILL)
        try eventually(within: 20, "it has ended") { try search() == 1 }
      }
    }

    private func request(_ cli: CLI, node: String, command: String) throws -> [String] {
      let run = try cli.runFolder
      let token = try String(contentsOfFile: run + "/token", encoding: .utf8)
      return [
        "--silent", "--max-time", "60", "--unix-socket", run + "/controller.sock", "--header",
        "Authorization: Bearer \(token)", "--header", "Content-Type: application/json", "--data",
        "{\"node\":\"\(node)\",\"command\":\(command)}", "http://localhost/v1/run",
      ]
    }

    /// What the controller's API answers: all output, and the exit status or what is wrong.
    private func ask(_ cli: CLI, node: String, command: String) throws -> (lines: String, result: String) {
      let reply = try cli.launch(try request(cli, node: node, command: command), program: "/usr/bin/curl").wait(70)
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
