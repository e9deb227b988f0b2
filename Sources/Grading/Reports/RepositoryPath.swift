/// Paths as whoever reads a repository knows them.
public enum RepositoryPath {
  /// `path` from the first of `roots` that it lies in; as it is where it lies in none.
  ///
  /// - Parameter roots: absolute folders, the repository's own first.
  public static func of(_ path: String, roots: [String]) -> String {
    for root in roots where root.hasPrefix("/") {
      let folder = root.hasSuffix("/") ? root : root + "/"
      if path.hasPrefix(folder), path != folder { return String(path.dropFirst(folder.count)) }
    }
    return path
  }
}
