/// Text that others have made, so that it says nothing to terminals and CI systems.
///
/// GitHub takes lines that begin with `::`, white space before it or not, and `##[` anywhere in a line, for orders;
/// Azure Pipelines and TeamCity do so with `##vso[` and `##teamcity[`.
public enum HarmlessText {
  /// Without control characters and orders to a CI system; its lines stay lines.
  public static func lines(_ text: String) -> String {
    let clean = withoutControls(text).replacing(#/##([A-Za-z]*\[)/#) { "## \($0.1)" }
    return clean.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.drop { $0.isWhitespace }.hasPrefix("::") ? "| \($0)" : String($0) }
      .joined(separator: "\n")
  }

  /// The same for a part of a message: its further lines are marked, so that none of them looks like one of ours.
  public static func within(_ text: String) -> String {
    lines(text).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  | ")
  }

  private static func withoutControls(_ text: String) -> String {
    var clean = String.UnicodeScalarView()
    var before: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      defer { before = scalar }
      switch scalar {
      case "\n" where before == "\r":
        // One end of a line in two characters.
        clean.removeLast()
        clean.append(scalar)
      case "\n", "\t": clean.append(scalar)
      default: clean.append(isHarmful(scalar) ? "?" : scalar)
      }
    }
    return String(clean)
  }

  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Controls; lines' and paragraphs' ends; what turns the direction of writing.
    case 0..<0x20, 0x7F...0x9F, 0x2028...0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    // Seen as nothing, and not as white space.
    case 0x200B...0x200F, 0xFEFF: true
    default: false
    }
  }
}
