/// A runbook: what an alert means, how to find out more, and repairs whose commands can be run exactly as printed.
public struct Runbook: Sendable, Equatable {
  /// What the person on call is woken for.
  public enum Severity: String, Sendable, CaseIterable {
    /// Users are hurt now.
    case page
    /// It can wait for the morning.
    case ticket
  }

  /// The headings of the second level that every runbook has, in this order.
  public static let headings = [
    "Meaning", "Impact", "Diagnosis", "Mitigation", "Resolution", "Prevention", "Verify",
  ]

  /// The scenario it is for; also the name of its file.
  public var scenario: String
  /// The alert it is for.
  public var alert: String
  /// How urgent the alert is.
  public var severity: Severity
  /// The services that take part.
  public var services: [String]
  /// The heading of the first level.
  public var title: String
  /// All headings, with what stands below them, in order.
  public var sections: [Section]
  /// The named fences, in order.
  public var fences: [Fence]
  /// The text after the front matter.
  public var body: String

  /// A heading and what stands below it, up to the next heading.
  public struct Section: Sendable, Equatable {
    /// The heading's text.
    public var heading: String
    /// The number of `#`, 1...6.
    public var level: Int
    /// The line of the heading, from 1.
    public var line: Int
    /// The name under which a link reaches the heading, `mitigation`.
    public var anchor: String
    /// What stands below, fences included.
    public var text: String
  }

  /// The commands of one name: one fence, or several of a fix that run in order as one.
  public struct Script: Sendable, Equatable {
    /// The name.
    public var name: String
    /// For a fix, how far it goes.
    public var tier: Fence.Tier?
    /// The commands, to be run by `bash -euo pipefail` in the lab's folder.
    public var text: String
    /// The lines at which the fences begin, from 1.
    public var lines: [Int]
  }

  /// The fix of that name, or nil.
  public func fix(_ name: String) -> Script? { fixes.first { $0.name == name } }
  /// The fixes in order of appearance.
  public var fixes: [Script] { scripts(.fix) }
  /// The commands that only look, in order of appearance.
  public var diagnoses: [Script] { scripts(.diagnose) }
  /// The looks that can be taken with nobody there, at a lab that nobody has repaired: all but those that need
  /// somebody, and those under Verify.
  public var looks: [Script] {
    let names = Set(fences.filter { $0.kind == .diagnose && !$0.byHand && $0.section != "Verify" }.map(\.name))
    return diagnoses.filter { names.contains($0.name) }
  }
  /// The commands that keep the failure from coming back, in order of appearance.
  public var preventions: [Script] { scripts(.prevent) }

  /// The section under a heading, whatever its level, or nil.
  public func section(_ heading: String) -> Section? { sections.first { $0.heading == heading } }

  /// The part of a heading, by its anchor: the heading, what stands below it, and the parts in it. Nil without one.
  public func part(_ anchor: String) -> String? {
    guard let first = sections.firstIndex(where: { $0.anchor == anchor }) else { return nil }
    let inner = sections[(first + 1)...].prefix { $0.level > sections[first].level }
    return ([sections[first]] + inner)
      .map { "\(String(repeating: "#", count: $0.level)) \($0.heading)\n\($0.text)" }.joined(separator: "\n")
  }

  private func scripts(_ kind: Fence.Kind) -> [Script] {
    var scripts: [Script] = []
    for fence in fences where fence.kind == kind {
      if let index = scripts.firstIndex(where: { $0.name == fence.name }) {
        scripts[index].text += "\n" + fence.script
        scripts[index].lines.append(fence.line)
      } else {
        scripts.append(Script(name: fence.name, tier: fence.tier, text: fence.script, lines: [fence.line]))
      }
    }
    return scripts
  }
}
