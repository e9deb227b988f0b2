import DrillCore
import Foundation
import TestServers
import Testing

@testable import Probes

@Suite struct ProbeTests {
  @Test func thisProcessIsAlive() throws {
    let pid = ProcessInfo.processInfo.processIdentifier
    let info = try #require(ProcessProbe.info(of: pid))
    #expect(ProcessProbe.isAlive(pid))
    #expect(info.startTicks <= ProcessProbe.nowTicks())
    #expect((ProcessProbe.proportionalBytes(of: pid) ?? 0) > 1_000_000)
    #expect(ProcessProbe.descends(pid, from: info.parent))
    #expect(!ProcessProbe.descends(info.parent, from: pid))
    #expect(ProcessProbe.info(of: 4_194_305) == nil)
  }

  @Test func theTableOfSocketsIsRead() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0704467F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0
         1: 0100007F:C350 0704467F:1538 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0 20 4 30 10 -1
         broken line

      """
    let rows = TCPTable.parse(table)
    #expect(rows.count == 2)
    #expect(rows.first == TCPTable.Row(local: "127.70.4.7:8080", remote: "0.0.0.0:0", state: 0x0A, inode: 12345))
    #expect(rows.last?.remote == "127.70.4.7:5432")
  }

  @Test func listenersAndConnectionsAreFound() throws {
    let address = "127.\(200 + getpid() % 50).77.1"
    let server = try Sockets.listen(address)
    defer { close(server.fd) }
    let authority = "\(address):\(server.port)"
    let client = try #require(Sockets.connect(address, server.port))
    defer { close(client) }
    let me = ProcessInfo.processInfo.processIdentifier
    #expect(ProcessProbe.connections(to: authority, from: [me, getppid()]) == 1)
    #expect(ProcessProbe.connections(to: authority, from: []) == 0)
    var own = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let gotName = withUnsafeMutablePointer(to: &own) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(client, $0, &length) }
    }
    try #require(gotName == 0)
    let source = withUnsafeBytes(of: &own.sin_addr.s_addr) { $0.map(String.init).joined(separator: ".") }
    let local = "\(source):\(UInt16(bigEndian: own.sin_port))"
    #expect(ProcessProbe.owner(of: local, among: ["other": 1, "me": me]) == "me")
    #expect(ProcessProbe.owner(of: local, among: [:]) == nil)
    #expect(ProcessProbe.owner(of: "127.0.0.1:1", among: ["me": me]) == nil)
    let here = ProcessInfo.processInfo.processIdentifier
    #expect(ProcessProbe.listeners(on: [authority: here]) == [authority: [here]])
    // Also when somebody else was expected there.
    #expect(ProcessProbe.listeners(on: [authority: 1])[authority]?.contains(here) == true)
    #expect(ProcessProbe.listeners(on: ["127.0.0.1:1": here]).isEmpty)
  }

  @Test func anAlertThatFlapsFiresOnce() throws {
    let body = """
      {"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"alertname":"Slow"},"values":[[1000,"1"],[1001,"1"],[1050.5,"1"],[1200,"1"],[1201,"1"]]},
        {"metric":{"alertname":"Down"},"values":[[1100,"1"]]},
        {"metric":{"alertname":"Never"},"values":[]}]}}
      """
    let firings = try AlertFiring.all(in: Data(body.utf8))
    #expect(firings.map(\.name) == ["Slow", "Down", "Slow"])
    #expect(firings.map(\.begin) == [1000, 1100, 1200])
    #expect(throws: (any Error).self) { try AlertFiring.all(in: Data("{}".utf8)) }
  }

  @Test func literalsAreQuoted() {
    #expect(sqlLiteral("o'brien\\") == "'o''brien\\'")
  }
}
