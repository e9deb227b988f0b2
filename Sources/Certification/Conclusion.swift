/// How a certification ends.
public enum Conclusion: Sendable, Equatable {
  /// A verdict was wrong: of these runs, or of any other run on record of the same files and programs, whichever its
  /// round and whether the processors were busy or not.
  case wrong
  /// No verdict was wrong, and a run that was asked for has none.
  case open
  /// Each run that was asked for has its verdict, and none on record is wrong.
  case clean

  /// - Parameters:
  ///   - backlog: what was asked for.
  ///   - summary: of everything on record.
  public init(_ backlog: Backlog, _ summary: Summary) {
    if backlog.wrong > 0 || summary.wrong > 0 {
      self = .wrong
    } else {
      self = backlog.pending.isEmpty ? .clean : .open
    }
  }
}
