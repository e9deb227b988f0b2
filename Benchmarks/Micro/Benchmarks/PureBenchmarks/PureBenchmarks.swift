import Benchmark
import PureLoops

/// The parts that `instructions.py` counts, by the clock and by what the processor counts where the machine lets it.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.instructions, .cpuTotal, .wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(1))
  do {
    for loop in try PureLoop.all {
      Benchmark(loop.name) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try loop.once()) }
      }
    }
  } catch {
    // The framework's closure can't throw, and without its parts there is nothing to measure.
    fatalError("the parts can't be made ready: \(error)")
  }
}
