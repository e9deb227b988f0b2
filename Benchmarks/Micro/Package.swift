// swift-tools-version: 6.1
import PackageDescription

// A package of its own: who builds Firedrill needs nothing of this.
let package = Package(
  name: "firedrill-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "firedrill", path: "../.."),
    // Without its traits: no jemalloc, which only counts allocations.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "PureBenchmarks",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"), .product(name: "PureLoops", package: "firedrill"),
      ],
      path: "Benchmarks/PureBenchmarks",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
