/// Turns fences of the text into named ones and says what is wrong with them.
enum FenceReader {
  /// The fence, or nil if it isn't one to run or if something about it was reported.
  static func fence(_ block: Markdown.Block, _ report: (Int, String) -> Void) -> Fence? {
    let language = block.info.prefix { !$0.isWhitespace && $0 != "{" }
    guard ["sh", "bash", "shell", "console"].contains(language) else { return nil }
    let rest = block.info.dropFirst(language.count).drop(while: \.isWhitespace)
    guard language == "sh", rest.hasPrefix("{"), let close = rest.firstIndex(of: "}"),
      rest[rest.index(after: close)...].allSatisfy(\.isWhitespace)
    else {
      report(
        block.line, "commands need a name: ```sh {diagnose=NAME}, {fix=NAME tier=mitigated|resolved} or {prevent=NAME}")
      return nil
    }
    var attributes: [String: String] = [:]
    for word in rest[rest.index(after: rest.startIndex)..<close].split(separator: " ") {
      let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2, attributes.updateValue(pair[1], forKey: pair[0]) == nil else {
        report(block.line, "expected key=value once, found `\(word)`")
        return nil
      }
    }
    return fence(attributes, block, report)
  }

  private static func fence(
    _ attributes: [String: String], _ block: Markdown.Block, _ report: (Int, String) -> Void
  ) -> Fence? {
    let kinds = Fence.Kind.allCases.filter { attributes[$0.rawValue] != nil }
    guard kinds.count == 1, let kind = kinds.first, let name = attributes[kind.rawValue] else {
      report(block.line, "needs exactly one of diagnose=, fix= and prevent=")
      return nil
    }
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) else {
      report(block.line, "`\(name)` is no name: lower-case letters, digits and `-`")
      return nil
    }
    let known: [Fence.Kind: String] = [.fix: "tier", .diagnose: "by"]
    for key in attributes.keys.sorted() where key != kind.rawValue && key != known[kind] {
      report(block.line, "`\(key)` is not known on a \(kind.rawValue) fence")
    }
    let tier = attributes["tier"].flatMap { word in
      let tier = Fence.Tier(rawValue: word)
      if tier == nil { report(block.line, "tier must be mitigated or resolved, not `\(word)`") }
      return tier
    }
    if kind == .fix, attributes["tier"] == nil { report(block.line, "the fix `\(name)` needs tier=mitigated|resolved") }
    if kind == .diagnose, let word = attributes["by"], word != "hand" {
      report(block.line, "by must be hand, not `\(word)`")
    }
    if block.text.allSatisfy(\.isWhitespace) { report(block.line, "the fence is empty") }
    if kind == .fix, !["Mitigation", "Resolution"].contains(block.section) {
      report(block.line, "a fix stands under Mitigation or Resolution")
    }
    if kind == .prevent, block.section != "Prevention" { report(block.line, "a prevention stands under Prevention") }
    return Fence(
      kind: kind, name: name, tier: tier, byHand: kind == .diagnose && attributes["by"] != nil, section: block.section,
      script: block.text, line: block.line)
  }

  /// What only shows when all fences are seen together.
  static func check(_ fences: [Fence], _ sections: [Runbook.Section], _ report: (Int, String) -> Void) {
    var seen: [String: Fence] = [:]
    for fence in fences {
      let key = "\(fence.kind.rawValue) \(fence.name)"
      guard let first = seen[key] else {
        // `firedrill runbook --run NAME` knows names only.
        if let other = seen.values.first(where: { $0.name == fence.name }) {
          report(fence.line, "`\(fence.name)` is the name of a \(other.kind.rawValue) fence at line \(other.line)")
        }
        seen[key] = fence
        continue
      }
      if fence.kind == .diagnose { report(fence.line, "diagnose=\(fence.name) stands at line \(first.line) already") }
      if fence.tier != first.tier {
        report(fence.line, "the fix `\(fence.name)` has another tier at line \(first.line)")
      }
    }
    let end = sections.last?.line ?? 1
    if !fences.contains(where: { $0.kind == .fix }) { report(end, "there is no fix: ```sh {fix=NAME tier=resolved}") }
    if !fences.contains(where: { $0.kind == .diagnose }) { report(end, "there is no diagnosis: ```sh {diagnose=NAME}") }
  }
}
