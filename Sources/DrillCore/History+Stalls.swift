/// When the machine itself was slow, by what the judge noted of it.
extension History {
  /// How many times as long as usual work took in `phase`, from a moment on: the mean; 1 where nobody noted it.
  public func slowness(in phase: String, from begin: Int64 = 0) -> Double {
    let values = events.compactMap { event -> Double? in
      guard case .sample(let sample) = event.kind, sample.name == "machine_slowness",
        sample.labels["phase"] == phase, event.at >= begin
      else { return nil }
      return sample.value
    }
    return values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count)
  }

  /// What kinds of notes there are.
  public enum StallSource: String, Sendable {
    /// Somebody who needs next to nothing had to wait, in milliseconds.
    case machine = "machine_stall_ms"
    /// A commit of the judge's own that waits for nobody, in milliseconds.
    case commit = "commit_ms"
    /// The share of the time in which a service that was ready to run got no processor.
    case processor = "processor_wait"
  }

  /// The times in `phase` when one of the sources was above its bound: apart from each other, in order, in the
  /// history's nanoseconds.
  public func stalls(in phase: String, above bounds: [StallSource: Double]) -> [ClosedRange<Int64>] {
    let ranges = events.compactMap { event -> ClosedRange<Int64>? in
      guard case .sample(let sample) = event.kind, sample.labels["phase"] == phase,
        let source = StallSource(rawValue: sample.name), let bound = bounds[source], sample.value > bound,
        let begin = sample.labels["begin"].flatMap({ Int64($0) })
      else { return nil }
      let end = source == .processor ? event.at : begin + Int64(sample.value * 1e6)
      return begin...max(begin, end)
    }
    return Self.joined(ranges)
  }

  /// The times in `phase` when work, the lab's or the judge's, took `slowness` times as long as usual although both
  /// together used no more than `share` of the processors: somebody else had them. In order, apart from each other;
  /// none where nobody noted what the lab used.
  public func denials(in phase: String, slowness: Double, share: Double) -> [ClosedRange<Int64>] {
    func noted(_ name: String) -> [(range: ClosedRange<Int64>, value: Double)] {
      events.compactMap { event in
        guard case .sample(let sample) = event.kind, sample.name == name, sample.labels["phase"] == phase,
          let begin = sample.labels["begin"].flatMap({ Int64($0) }), begin <= event.at
        else { return nil }
        return (begin...event.at, sample.value)
      }
    }
    let usage = noted("lab_processors")
    let crowded = (noted("machine_slowness") + noted("lab_slowness")).filter { look in
      guard look.value >= slowness else { return false }
      let then = usage.filter {
        $0.range.lowerBound < look.range.upperBound && look.range.lowerBound < $0.range.upperBound
      }
      return !then.isEmpty && then.allSatisfy { $0.value <= share }
    }
    return Self.joined(crowded.map(\.range))
  }

  /// The same times in order, and apart from each other.
  public static func joined(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
    ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { result, range in
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
  }
}
