/// The headings and fences of a Markdown text; everything else is only carried along.
struct Markdown {
  /// A fence with what stands behind its opening mark.
  struct Block {
    var info: String
    var text: String
    var line: Int
    /// The heading of the second level under which it stands.
    var section: String
  }

  private(set) var sections: [Runbook.Section] = []
  private(set) var blocks: [Block] = []
  private var open: (block: Block, mark: Substring, indent: Int, lines: [Substring])?

  init(_ lines: [String], from start: Int, _ report: (Int, String) -> Void) {
    for (index, line) in lines.enumerated().dropFirst(start) {
      if open != nil { inside(line) } else if !heading(line, index + 1) { opening(line, index + 1) }
      if let last = sections.indices.last, sections[last].line != index + 1 { sections[last].text += line + "\n" }
    }
    if let open { report(open.block.line, "the fence is never closed") }
  }

  private mutating func inside(_ line: String) {
    guard var current = open else { return }
    let text = line.drop { $0 == " " }
    let closes = text.hasPrefix(current.mark) && text.drop { $0 == current.mark.first }.allSatisfy(\.isWhitespace)
    if closes {
      current.block.text = current.lines.joined(separator: "\n")
      blocks.append(current.block)
      open = nil
    } else {
      // A fence in a list is indented; its content is, too.
      let spaces = line.prefix(current.indent).prefix { $0 == " " }.count
      current.lines.append(line.dropFirst(spaces))
      open = current
    }
  }

  private mutating func opening(_ line: String, _ number: Int) {
    let text = line.drop { $0 == " " }
    guard let character = text.first, character == "`" || character == "~" else { return }
    let mark = text.prefix { $0 == character }
    guard mark.count >= 3 else { return }
    let info = text.dropFirst(mark.count).drop(while: \.isWhitespace)
    let section = sections.last { $0.level == 2 }?.heading ?? ""
    open = (Block(info: String(info), text: "", line: number, section: section), mark, line.count - text.count, [])
  }

  private mutating func heading(_ line: String, _ number: Int) -> Bool {
    let level = line.prefix { $0 == "#" }.count
    guard (1...6).contains(level), line.dropFirst(level).first == " " else { return false }
    let text = String(line.dropFirst(level).drop(while: \.isWhitespace))
    let anchor = Self.anchor(text)
    let same = sections.count {
      $0.anchor == anchor || $0.anchor.hasPrefix("\(anchor)-") && Self.anchor($0.heading) == anchor
    }
    sections.append(
      Runbook.Section(
        heading: text, level: level, line: number, anchor: same == 0 ? anchor : "\(anchor)-\(same)", text: ""))
    return true
  }

  /// The anchor that GitHub gives a heading: lower case, punctuation dropped, spaces as `-`.
  static func anchor(_ heading: String) -> String {
    String(
      heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
  }
}
