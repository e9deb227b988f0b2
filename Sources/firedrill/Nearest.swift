import Topology

/// "Did you mean", for names that don't exist.
enum Nearest {
  /// A half sentence, or nothing where no name is near.
  static func hint(_ word: String, among names: [String]) -> String {
    Spelling.nearest(to: word, among: names).map { "; did you mean \($0)?" } ?? ""
  }
}
