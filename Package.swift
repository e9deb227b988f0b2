// swift-tools-version: 6.2
import PackageDescription

/// Settings that every Swift target shares: the strict dialect this project is written in.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

func product(_ name: String, _ package: String) -> Target.Dependency { .product(name: name, package: package) }

let argumentParser = product("ArgumentParser", "swift-argument-parser")
let configuration = product("Configuration", "swift-configuration")
let crypto = product("Crypto", "swift-crypto")
let deque = product("DequeModule", "swift-collections")
let heap = product("HeapModule", "swift-collections")
let histogram = product("Histogram", "hdrhistogram-swift")
let httpClient = product("AsyncHTTPClient", "async-http-client")
let httpTypes = product("HTTPTypes", "swift-http-types")
let hummingbird = product("Hummingbird", "hummingbird")
let hummingbirdTesting = product("HummingbirdTesting", "hummingbird")
let instrumentation = product("Instrumentation", "swift-distributed-tracing")
let lifecycle = product("ServiceLifecycle", "swift-service-lifecycle")
let logging = product("Logging", "swift-log")
let metrics = product("Metrics", "swift-metrics")
let metricsTesting = product("MetricsTestKit", "swift-metrics")
let nio = [product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"), product("NIOHTTP1", "swift-nio")]
let nioFoundation = product("NIOFoundationCompat", "swift-nio")
let signals = product("UnixSignals", "swift-service-lifecycle")
let subprocess = [product("Subprocess", "swift-subprocess"), product("SystemPackage", "swift-system")]
let yams = product("Yams", "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A service of the fleet.
func service(_ name: String, _ more: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  library(
    name, ["Clients", "FleetAPI", "ServiceKit", hummingbird, httpTypes, logging, metrics, lifecycle] + nio + more,
    resources: resources)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestFiles"], swiftSettings: strict)
}

/// The tests of a target of the fleet, without servers.
func serviceTests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
  let shared: [Target.Dependency] = [
    "Clients", "FleetAPI", "ServiceKit", hummingbird, hummingbirdTesting, httpTypes, logging, metrics,
  ]
  return tests("\(name)Tests", (name == "ServiceKit" ? [] : [.target(name: name)]) + shared + nio + more)
}

let package = Package(
  name: "firedrill",
  products: [
    .executable(name: "firedrill", targets: ["firedrill"]),
    .executable(name: "fleet", targets: ["fleet"]),
    // For the package of benchmarks.
    .library(name: "PureLoops", targets: ["PureLoops"]),
  ],
  dependencies: [
    // Without its default traits: no full Foundation, which a hundred instances would each have to carry.
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
  ],
  targets: [
    // The system, and clients for its servers.
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .target(name: "CPlatform"),
    library("Clients", ["CLibPQ", "CHiredis", "CPlatform", logging, metrics, lifecycle, deque]),

    // What services and judge have in common.
    library("LoopTasks", [nio[0]]),
    library("StableHash", []),

    // The shop.
    library("Resilience", []),
    library("FleetAPI", []),
    library(
      "ServiceKit",
      [
        "Clients", "FleetAPI", "LoopTasks", "Resilience", "StableHash", hummingbird, httpClient, lifecycle, logging,
        metrics, configuration, instrumentation, httpTypes, signals,
      ] + nio),
    service("Provider", ["StableHash", deque]),
    service("Proxy", ["CPlatform", "StableHash", deque, heap]),
    service("Inventory", resources: [.embedInCode("SQL")]),
    service("Payment", resources: [.embedInCode("SQL")]),
    service("Order", [crypto], resources: [.embedInCode("SQL")]),
    service("Gateway"),
    .executableTarget(
      name: "fleet", dependencies: ["ServiceKit", "Gateway", "Inventory", "Order", "Payment", "Provider", "Proxy"],
      swiftSettings: strict),

    // What breaks and judges it.
    library("DrillCore", ["StableHash"]),
    library("Topology", [yams]),
    library("Runbook", []),
    library("Engine", ["CPlatform", "Topology"] + subprocess + nio),
    library("Load", ["DrillCore", "LoopTasks", histogram] + nio),
    library("Probes", ["DrillCore", "Clients", httpClient] + nio),
    library("Grading", ["DrillCore", "Engine", "Topology", "Load", "Probes", "Clients", crypto]),
    library("Verification", ["DrillCore", "Engine"]),
    library("Certification", ["DrillCore", "Grading", "Runbook", "Topology", crypto]),
    library(
      "Controller",
      [
        "DrillCore", "Engine", "Grading", "Load", "Probes", "Topology", hummingbird, httpClient, httpTypes, logging,
        lifecycle,
        nioFoundation,
      ] + nio),
    .executableTarget(
      name: "firedrill",
      dependencies: [
        "CPlatform", "Certification", "Clients", "Controller", "DrillCore", "Engine", "Grading", "Probes", "Runbook",
        "Topology", "Verification", argumentParser, logging,
      ],
      swiftSettings: strict),

    // What the benchmarks run of ours.
    .target(
      name: "PureLoops",
      dependencies: [
        "Clients", "DrillCore", "FleetAPI", "Inventory", "Load", "Resilience", "ServiceKit", "StableHash", metrics,
        nio[0],
      ],
      path: "Benchmarks/Pure", swiftSettings: strict),
    .executableTarget(
      name: "bench-driver", dependencies: ["Clients", "DrillCore", "Load", "PureLoops", argumentParser, logging],
      path: "Benchmarks/Driver", swiftSettings: strict),

    // Their tests.
    .target(name: "TestFiles", path: "Tests/Support/TestFiles", swiftSettings: strict),
    .target(name: "TestServers", path: "Tests/Support/TestServers", swiftSettings: strict),
    tests("ClientsTests", ["Clients", deque]),
    tests("ClientsIntegrationTests", ["Clients", "TestServers", logging, metrics, metricsTesting, lifecycle]),
    tests("ResilienceTests", ["Resilience"]),
    serviceTests("ServiceKit", ["Resilience", "TestServers", instrumentation]),
    serviceTests("Provider"),
    serviceTests("Proxy", ["CPlatform", "TestServers"]),
    serviceTests("Inventory"),
    serviceTests("Payment"),
    serviceTests("Order"),
    serviceTests("Gateway"),
    tests(
      "ServicesIntegrationTests",
      [
        "Clients", "Gateway", "Inventory", "Order", "Payment", "Provider", "Resilience", "ServiceKit", "TestServers",
        httpClient, httpTypes, logging, lifecycle,
      ] + nio),
    tests("DrillCoreTests", ["DrillCore"]),
    tests("TopologyTests", ["Topology", yams]),
    tests("RunbookTests", ["Runbook"]),
    tests("EngineTests", ["CPlatform", "Engine", "Topology", "TestServers"] + nio),
    tests("LoadTests", ["Load", "DrillCore", "TestServers"] + nio),
    tests(
      "GradingTests", ["Grading", "Load", "Probes", "Engine", "Topology", "DrillCore", "TestServers", "Clients"]),
    tests("ControllerTests", ["Controller", "Engine", "Grading", "Load", "DrillCore", "Topology"]),
    tests("VerificationTests", ["Verification", "Engine"]),
    tests("CertificationTests", ["Certification", "DrillCore", "Topology"]),
    tests("ScenarioTests", [yams]),
  ]
)
