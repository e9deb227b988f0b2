public import Metrics
import Synchronization

/// A swift-metrics backend that Prometheus scrapes.
///
/// Labels become metric names with `_` for every character that isn't allowed. Counters get the ending `_total`, timers
/// the ending `_seconds`. A name that is asked for as two kinds keeps its first; what comes second goes nowhere.
public final class PrometheusRegistry: MetricsFactory, Sendable {
  /// The kinds of Prometheus' text format.
  enum Kind: String { case counter, gauge, histogram }

  enum Cell {
    case counter(CounterCell)
    case gauge(GaugeCell)
    case histogram(HistogramCell)
  }

  /// All series of one name.
  struct Family {
    var kind: Kind
    /// By their rendered labels, `a="x",b="y"`.
    var series: [String: Cell] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    /// Every sample name in use: a histogram `x` also uses `x_bucket`, `x_sum` and `x_count`.
    var sampleNames: [String: String] = [:]
    var help: [String: String] = [:]
  }

  private let state = Mutex(State())
  private let bounds: [Double]

  /// The registry that the process's metrics go to.
  public static let shared: PrometheusRegistry = {
    let registry = PrometheusRegistry()
    MetricsSystem.bootstrap(registry)
    return registry
  }()

  /// The bounds that OpenTelemetry's HTTP conventions advise, with two more below for what a database answers.
  public static let latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  /// An empty registry whose histograms have these bounds (ascending, without infinity).
  public init(bounds: [Double] = PrometheusRegistry.latencyBounds) {
    self.bounds = bounds
  }

  /// Sets the text that explains a metric; the name is the one that Prometheus sees.
  public func describe(_ name: String, _ help: String) {
    state.withLock { $0.help[name] = help }
  }

  /// Everything in the text format, version 0.0.4, families and series in order of name.
  public func exposition() -> String {
    let (families, help) = state.withLock { ($0.families, $0.help) }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      PrometheusText.append(family, name: name, help: help[name], to: &text)
    }
    return text
  }

  private func cell(_ label: String, _ dimensions: [(String, String)], _ kind: Kind, make: () -> Cell) -> Cell? {
    let name = PrometheusText.metricName(label, ending: kind == .counter ? "_total" : "")
    let labels = PrometheusText.labels(dimensions)
    return state.withLock { state in
      if state.families[name] == nil {
        let names = kind == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
        guard names.allSatisfy({ state.sampleNames[$0] == nil }) else { return nil }
        for each in names { state.sampleNames[each] = name }
        state.families[name] = Family(kind: kind)
      }
      guard state.families[name]?.kind == kind else { return nil }
      if let known = state.families[name]?.series[labels] { return known }
      let new = make()
      state.families[name]?.series[labels] = new
      return new
    }
  }

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterCell {
    if case .counter(let cell) = cell(label, dimensions, .counter, make: { .counter(CounterCell()) }) { return cell }
    return CounterCell()
  }

  func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
    if case .gauge(let cell) = cell(label, dimensions, .gauge, make: { .gauge(GaugeCell()) }) { return cell }
    return GaugeCell()
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramCell {
    let made = cell(label, dimensions, .histogram) { .histogram(HistogramCell(bounds: bounds)) }
    if case .histogram(let cell) = made { return cell }
    return HistogramCell(bounds: bounds)
  }
}

extension PrometheusRegistry {
  /// A counter of whole numbers.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  /// A counter of any numbers.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler { counter(label, dimensions) }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  /// A histogram of what is recorded, or a gauge of the last value when nothing is to be aggregated.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
  }

  /// A histogram in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(PrometheusText.metricName(label, ending: "_seconds"), dimensions)
  }

  /// Series stay until the process ends: one that vanishes looks like a fault to whoever watches it.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// Series stay until the process ends.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  /// Series stay until the process ends.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// Series stay until the process ends.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// Series stay until the process ends.
  public func destroyTimer(_ handler: any TimerHandler) {}
}
