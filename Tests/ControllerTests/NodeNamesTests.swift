import Controller
import Engine
import Testing
import Topology

@Suite struct NodeNamesTests {
  private let nodes =
    ["postgres", "redis", "provider"].map {
      NodeStatus(name: $0, service: $0, judge: $0 == "provider", address: "127.0.0.1")
    }
    + (1...5).map { NodeStatus(name: "order-\($0)", service: "order", judge: false, address: "127.0.0.1") }
    + (1...2).map { NodeStatus(name: "pool-\($0)", service: "pool", judge: false, address: "127.0.0.1") }

  private var topology: Topology {
    let commands = ["postgres": "/lab/bin/postgres-primary", "redis": "/lab/bin/redis", "pool": "/lab/bin/pgbouncer"]
    var services = commands.sorted { $0.key < $1.key }.map { name, command in
      Topology.Service(name: name, command: [command], place: YAMLPlace(file: "c"))
    }
    var order = Topology.Service(name: "order", command: ["fleet", "order"], place: YAMLPlace(file: "c"))
    order.environment = ["ORDER_REDIS_HOST": "redis"]
    services.append(order)
    return Topology(services: services)
  }

  @Test func anUnknownNodeIsToldWhichThereAre() {
    let error = NodeNames.unknown("ordr-1", among: nodes)
    #expect(error.code == .usage)
    #expect(
      error.description
        == "there is no node ordr-1; did you mean `order-1`?; there are: postgres, redis, order-1 to order-5, "
        + "pool-1 and pool-2")
  }

  @Test func whoIsNoServerOfTheKindNamesThoseThatAre() throws {
    let order = try #require(nodes.first { $0.name == "order-1" })
    let refusal = NodeNames.refusal(of: order, as: .postgres, in: topology, nodes)
    #expect(refusal?.description == "order-1 is no Postgres node; there are: postgres, pool-1 and pool-2")
    #expect(NodeNames.refusal(of: order, as: .redis, in: topology, nodes)?.description.hasSuffix("are: redis") == true)
    #expect(NodeNames.refusal(of: nodes[0], as: .postgres, in: topology, nodes) == nil)
    #expect(NodeNames.refusal(of: nodes[0], as: .redis, in: topology, nodes) != nil)
    // Nothing is known of any: the program itself will tell.
    #expect(NodeNames.refusal(of: order, as: .postgres, in: Topology(), nodes) == nil)
  }
}
