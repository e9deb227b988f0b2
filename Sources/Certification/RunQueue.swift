/// The runs that are still to be begun, and which of them may begin beside those under way.
///
/// A lab is judged by its timing, so it gets the processors that it keeps busy to itself.
public struct RunQueue: Sendable {
  private var runs: [Run]
  private let processors: Int
  private let needs: [String: Int]
  private var taken = 0

  /// - Parameters:
  ///   - runs: in the order in which they are begun, as far as there is room.
  ///   - processors: how many there are.
  ///   - needs: how many a lab keeps busy, by scenario.
  public init(_ runs: [Run], processors: Int, needs: [String: Int]) {
    self.runs = runs
    self.processors = processors
    self.needs = needs
  }

  /// Whether all have begun.
  public var isEmpty: Bool { runs.isEmpty }

  /// The first that there is room for, and takes the room; nil while there is none. One that needs more than there is
  /// goes alone.
  public mutating func next() -> Run? {
    guard let index = runs.firstIndex(where: { taken == 0 || taken + need(of: $0) <= processors }) else { return nil }
    let run = runs.remove(at: index)
    taken += need(of: run)
    return run
  }

  /// It is over, and its room is free.
  public mutating func end(_ run: Run) { taken -= need(of: run) }

  /// How much of the machine a run takes, from 0 to 1, where no more than `jobs` are under way at a time.
  public func share(of run: Run, jobs: Int) -> Double {
    max(Double(min(need(of: run), processors)) / Double(max(1, processors)), 1 / Double(max(1, jobs)))
  }

  private func need(of run: Run) -> Int { needs[run.cell.scenario] ?? CertifyFile.usualProcessors }
}
