/// What repeated clean runs prove.
public enum Confidence {
  /// The share of wrong verdicts that `runs` independent runs without one exclude, with 95 % confidence: solve
  /// (1 - p)^n = 0.05 (the exact form of the rule of three). 1, which excludes nothing, without runs.
  public static func bound(cleanRuns runs: Int) -> Double {
    runs > 0 ? 1 - root(0.05, runs) : 1
  }

  /// The n-th root by bisection: this module needs no mathematics library for one number of two digits.
  private static func root(_ value: Double, _ degree: Int) -> Double {
    var low = 0.0
    var high = 1.0
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if power(middle, degree) < value { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { product, _ in product * base }
  }
}
