extension Runbook {
  /// Parses a runbook.
  ///
  /// - Parameters:
  ///   - text: the whole file.
  ///   - file: its name, for messages; it must be the scenario's, with `.md`.
  /// - Throws: `RunbookError` with everything that is wrong.
  public init(parsing text: String, file: String) throws(RunbookError) {
    var problems: [RunbookError.Problem] = []
    func report(_ line: Int, _ message: String) { problems.append(.init(file: file, line: line, message: message)) }
    let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    let matter = FrontMatter(lines, report)
    let markdown = Markdown(lines, from: matter.end, report)
    let fences = markdown.blocks.compactMap { FenceReader.fence($0, report) }
    FenceReader.check(fences, markdown.sections, report)
    Self.checkHeadings(markdown.sections, end: max(1, lines.count), report)
    let severity = matter.text("severity", report).flatMap { word in
      let found = Severity(rawValue: word)
      if found == nil { report(matter.line(of: "severity"), "severity must be page or ticket, not `\(word)`") }
      return found
    }
    self.init(
      scenario: matter.text("scenario", report) ?? "", alert: matter.text("alert", report) ?? "",
      severity: severity ?? .ticket, services: matter.list("services", report),
      title: markdown.sections.first { $0.level == 1 }?.heading ?? "", sections: markdown.sections, fences: fences,
      body: lines.dropFirst(matter.end).joined(separator: "\n"))
    let name = file.split(separator: "/").last.map(String.init) ?? file
    if !scenario.isEmpty, name != "\(scenario).md" {
      report(matter.line(of: "scenario"), "scenario `\(scenario)` stands in the file of another, \(name)")
    }
    matter.refuseOthers(["scenario", "alert", "severity", "services"], report)
    guard problems.isEmpty else { throw RunbookError(problems: problems.sorted { $0.line < $1.line }) }
  }

  /// The same as `init(parsing:file:)`.
  public static func parse(_ text: String, file: String) throws(RunbookError) -> Runbook {
    try Runbook(parsing: text, file: file)
  }

  private static func checkHeadings(_ sections: [Section], end: Int, _ report: (Int, String) -> Void) {
    if sections.first?.level != 1 {
      report(sections.first?.line ?? end, "the first heading must be the title, `# ...`")
    }
    for extra in sections.filter({ $0.level == 1 }).dropFirst() { report(extra.line, "a second title") }
    let found = sections.filter { $0.level == 2 }
    for (index, section) in found.enumerated() {
      if !headings.contains(section.heading) {
        report(section.line, "`## \(section.heading)` is not one of \(headings.joined(separator: ", "))")
      } else if found.prefix(index).contains(where: { $0.heading == section.heading }) {
        report(section.line, "`## \(section.heading)` stands twice")
      }
    }
    let order = found.filter { headings.contains($0.heading) }
    for heading in headings where !order.contains(where: { $0.heading == heading }) {
      report(end, "`## \(heading)` is missing")
    }
    for (first, second) in zip(order, order.dropFirst()) {
      let positions = [first, second].compactMap { section in headings.firstIndex(of: section.heading) }
      if positions.count == 2, positions[1] < positions[0] {
        report(second.line, "`## \(second.heading)` must stand before `## \(first.heading)`")
      }
    }
    for (index, section) in sections.enumerated() where section.level == 2 {
      let hasParts = sections.dropFirst(index + 1).first.map { $0.level > 2 } ?? false
      if !hasParts, section.text.allSatisfy(\.isWhitespace) { report(section.line, "`## \(section.heading)` is empty") }
    }
  }
}
