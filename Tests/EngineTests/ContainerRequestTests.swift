import Foundation
import Testing
import Topology

@testable import Engine

/// What Docker is asked for, and what is understood of its answers.
@Suite struct ContainerRequestTests {
  private let names = ContainerNames(run: RunDirectory(path: "/var/tmp/firedrill-0/ab12"))

  private func spec(_ container: SpawnSpec.Container?) -> SpawnSpec {
    SpawnSpec(
      node: "inventory-7", service: "inventory", judge: false, address: "172.31.5.7", argv: ["fleet", "inventory"],
      environment: ["A=b"], directory: "/lab",
      mounts: [
        .bind("/usr", at: "/lab", readOnly: true), .tmpfs(at: "/scratch", options: "mode=700,size=4096"),
      ],
      limits: [.fileSize(4096), SpawnSpec.Limit(resource: 9, soft: 1)], user: SpawnSpec.User(uid: 543, gid: 543),
      log: "/tmp/x.log", stopGrace: 1, stopSignal: SIGTERM, restart: .never, fingerprint: "", container: container)
  }

  private func body(_ container: SpawnSpec.Container) throws -> [String: Any] {
    let request = ContainerRequest(spec: spec(container), container: container, names: names, hosts: "/etc/hosts")
    #expect(JSONSerialization.isValidJSONObject(request.body))
    return request.body
  }

  @Test func aContainerHasWhatItsSpecSays() throws {
    let body = try body(SpawnSpec.Container(image: "firedrill/fleet", memory: 64 << 20, ports: []))
    #expect(body["Hostname"] as? String == "inventory-7")
    #expect(body["User"] as? String == "543:543")
    #expect(body["Cmd"] as? [String] == ["fleet", "inventory"])
    let labels = try #require(body["Labels"] as? [String: String])
    #expect(labels["firedrill.run"] == "/var/tmp/firedrill-0/ab12")
    #expect(labels["com.docker.compose.project"] == "firedrill-ab12")
    #expect(labels["com.docker.compose.container-number"] == "7")
    let host = try #require(body["HostConfig"] as? [String: Any])
    #expect(host["Memory"] as? Int == 64 << 20)
    #expect(host["PidsLimit"] as? Int == 4096)
    #expect(host["ReadonlyRootfs"] as? Bool == true)
    #expect(host["CapDrop"] as? [String] == ["ALL"])
    let tmpfs = try #require(host["Tmpfs"] as? [String: String])
    #expect(tmpfs["/scratch"] == "exec,mode=700,size=4096")
    #expect(tmpfs["/tmp"] != nil)
    let mounts = try #require(host["Mounts"] as? [[String: Any]])
    #expect(mounts.map { $0["Target"] as? String } == ["/lab", "/etc/hosts", "/run/node.log"])
    #expect(mounts.map { $0["ReadOnly"] as? Bool } == [true, true, false])
    let limits = try #require(host["Ulimits"] as? [[String: Any]])
    #expect(limits.map { $0["Name"] as? String } == ["fsize"])
    #expect(limits.first?["Hard"] as? Int64 == 4096)
  }

  @Test func portsAreThisMachinesAlone() throws {
    let port = SpawnSpec.Container.Port(address: "127.0.0.1", published: 8080, target: 80)
    let host = try #require(
      try body(SpawnSpec.Container(image: "firedrill/fleet", memory: nil, ports: [port]))["HostConfig"]
        as? [String: Any])
    let bindings = try #require(host["PortBindings"] as? [String: [[String: String]]])
    #expect(bindings == ["80/tcp": [["HostIp": "127.0.0.1", "HostPort": "8080"]]])
  }

  @Test func whatOnlyVisitsIsGivenAnAddress() throws {
    var visitor = spec(ContainerParts.visitor)
    visitor.address = ""
    let request = ContainerRequest(
      spec: visitor, container: ContainerParts.visitor, names: names, hosts: "/etc/hosts")
    let network = try #require(request.body["NetworkingConfig"] as? [String: [String: [String: Any]]])
    #expect(network["EndpointsConfig"]?["firedrill-ab12"]?.isEmpty == true)
  }

  private func answer(_ state: String) throws -> Result<DockerAnswer, EngineError> {
    .success(try DockerAnswer(Data("HTTP/1.0 200 OK\r\n\r\n{\"State\":{\"Pid\":0\(state)}}".utf8)))
  }

  /// No container may take all of the machine's memory, and of one that tries it is said.
  @Test func memoryHasBounds() throws {
    for image in ContainerParts.images {
      let text = "services:\n  a: {command: [x], image: \"\(image)\"}\n"
      let topology = try Topology.parse([Topology.Source(name: "compose.yaml", text: text, judge: false)])
      let memory = try ContainerParts.of(try #require(topology.service("a"))).memory
      #expect((128 << 20...768 << 20).contains(try #require(memory)), "\(image)")
    }
    #expect(ContainerParts.visitor.memory == 256 << 20)
    #expect(ContainerHost.isOutOfMemory(try answer(",\"OOMKilled\":true")))
    #expect(ContainerHost.isOutOfMemory(try answer(",\"OOMKilled\":false")) == false)
    #expect(!ContainerHost.isOutOfMemory(try answer("")))
    #expect(LabEngine.status("signal 9" + ContainerHost.outOfMemory) == 137)
    #expect(LabEngine.status("exit 3") == 3)
  }

  @Test(arguments: [
    ("HTTP/1.0 204 No Content\r\n\r\n", 204, ""),
    ("HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\n\r\n{\"message\":\"no such image\"}", 404, "no such image"),
    ("HTTP/1.0 500 Oops\r\n\r\n<html>", 500, "status 500"),
  ]) func answersAreRead(_ text: String, _ status: Int, _ complaint: String) throws {
    let answer = try DockerAnswer(Data(text.utf8))
    #expect(answer.status == status)
    if !complaint.isEmpty { #expect(answer.complaint == complaint) }
  }

  @Test(arguments: ["", "HTTP/1.0 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.0\r\n\r\n", "HTTP/1.0 abc OK\r\n\r\n"])
  func whatIsNoAnswerIsAnError(_ text: String) {
    #expect(throws: EngineError.self) { try DockerAnswer(Data(text.utf8)) }
  }

  @Test func nobodyThereIsSaidAtOnce() {
    let calls = DockerCalls(socket: NSTemporaryDirectory() + "nobody-\(UUID().uuidString)")
    #expect {
      try calls.perform("GET", "/_ping")
    } throws: {
      "\($0)".hasPrefix("no Docker engine answers at ")
    }
  }

  @Test func whoDoesNotAnswerIsNotWaitedForLong() throws {
    let path = NSTemporaryDirectory() + "mute-\(UUID().uuidString.prefix(8))"
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(listener)
      unlink(path)
    }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(listener, 4) == 0)
    let begun = ContinuousClock.now
    #expect {
      try DockerCalls(socket: path).perform("GET", "/_ping", patience: 0.2)
    } throws: {
      "\($0)" == "the Docker engine did not answer in time: GET /_ping"
    }
    #expect(ContinuousClock.now - begun < .seconds(3))
  }

  @Test func routesOfOthersAreLeftAlone() {
    // Destination and mask as the kernel writes them: 0.0.0.0/0, 172.20.0.0/16, 10.0.0.0/8, 172.24.8.0/24.
    let table = """
      Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
      eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
      br0\t000014AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
      tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
      br1\t000818AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
      """
    #expect(NetworkRoutes.use("172.20.0.0", table: table))
    #expect(NetworkRoutes.use("10.7.0.0", table: table))
    #expect(NetworkRoutes.use("172.24.0.0", table: table))
    #expect(!NetworkRoutes.use("172.21.0.0", table: table))
  }

  @Test(arguments: [
    ("command: [x]", "image is missing"), ("image: debian", "image: must be one of firedrill/"),
    ("image: firedrill/fleet:\(Release.version), ports: [\"80:80\"]", "ports: must be 127.0.0.1:PORT:PORT"),
    ("image: firedrill/fleet:\(Release.version), ports: [\"0.0.0.0:80:80\"]", "ports: must be 127.0.0.1:PORT:PORT"),
    ("image: firedrill/fleet:\(Release.version), ports: [\"127.0.0.1:0:80\"]", "ports: must be 127.0.0.1:PORT:PORT"),
    ("image: firedrill/fleet:\(Release.version), ports: [{target: 80}]", "ports: must be 127.0.0.1:PORT:PORT"),
    ("image: firedrill/fleet:\(Release.version), scale: 3, ports: [\"127.0.0.1:80:80\"]", "several instances"),
  ]) func whatCannotBeIsNamed(_ lines: String, _ words: String) throws {
    let command = lines.contains("command") ? "" : "command: [x], "
    let text = "services:\n  a: {\(command)\(lines)}\n"
    let topology = try Topology.parse([Topology.Source(name: "compose.yaml", text: text, judge: false)])
    let service = try #require(topology.service("a"))
    #expect {
      _ = try ContainerParts.of(service)
    } throws: {
      "\($0)".contains("compose.yaml:2:3: services.a") && "\($0)".contains(words)
    }
  }
}
