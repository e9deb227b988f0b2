import Runbook
import Testing

/// A runbook of 40 lines or so with everything in it; the body begins in line 7.
let sample = """
  ---
  scenario: sample
  alert: "ShopErrors"
  severity: page
  services: [inventory, postgres]
  ---
  # One of many

  ## Meaning
  Something. `# no heading`

  ## Impact
  Users.

  ## Diagnosis
  ```sh {diagnose=count}
  # look, don't touch
  psql -c 'SELECT 1'
  ```
  ```text
  ## sample output
  ```

  ## Mitigation
  1. Raise it:
     ```sh {fix=raise tier=mitigated}
     sed -i 's/1/2/' conf
       indented
     ```
  2. Then apply:
     ```sh {fix=raise tier=mitigated}
     firedrill apply
     ```

  ## Resolution
  ### By a pooler
  ~~~sh {fix=pooler tier=resolved}
  cat <<'EOF' >x
  ```
  EOF
  ~~~

  ## Prevention
  ```sh {prevent=alert}
  true
  ```

  ## Verify
  It is gone.
  """

@Suite struct RunbookTests {
  @Test func parsesAWholeRunbook() throws {
    let runbook = try Runbook(parsing: sample, file: "Runbooks/sample.md")
    #expect(runbook.scenario == "sample" && runbook.alert == "ShopErrors" && runbook.severity == .page)
    #expect(runbook.services == ["inventory", "postgres"])
    #expect(runbook.title == "One of many")
    #expect(runbook.sections.filter { $0.level == 2 }.map(\.heading) == Runbook.headings)
    #expect(runbook.section("By a pooler")?.anchor == "by-a-pooler")
    #expect(runbook.section("Meaning")?.text == "Something. `# no heading`\n\n")
    #expect(runbook.diagnoses.map(\.name) == ["count"])
    #expect(runbook.preventions.map(\.text) == ["true"])
    #expect(runbook.body.hasPrefix("# One of many\n"))
  }

  @Test func joinsTheFencesOfAFix() throws {
    let runbook = try Runbook(parsing: sample, file: "sample.md")
    #expect(runbook.fixes.map(\.name) == ["raise", "pooler"])
    let raise = try #require(runbook.fix("raise"))
    #expect(raise.text == "sed -i 's/1/2/' conf\n  indented\nfiredrill apply")
    #expect(raise.tier == .mitigated && raise.lines == [26, 31])
    #expect(runbook.fix("pooler")?.text == "cat <<'EOF' >x\n```\nEOF")
    #expect(runbook.fix("nothing") == nil)
  }

  @Test func looksThatNeedSomebodyOrARepairAreLeftOut() throws {
    #expect(try Runbook(parsing: sample, file: "sample.md").looks.map(\.name) == ["count"])
    let alone = sample.replacing("```text\n", with: "```sh {diagnose=watch-it by=hand}\n")
      .replacing("It is gone.", with: "```sh {diagnose=grade-it}\nfiredrill grade\n```")
    let runbook = try Runbook(parsing: alone, file: "sample.md")
    #expect(runbook.diagnoses.map(\.name) == ["count", "watch-it", "grade-it"])
    #expect(runbook.looks.map(\.name) == ["count"])
  }

  @Test func windowsLinesAreTheSame() throws {
    let runbook = try Runbook(parsing: sample.replacing("\n", with: "\r\n"), file: "sample.md")
    #expect(try runbook == Runbook(parsing: sample, file: "sample.md"))
  }

  /// A piece of the sample, what to put in its place, and what must be said then.
  static let changes: [(String, String, [String])] = [
    ("severity: page", "severity: urgent", ["4: severity must be page or ticket, not `urgent`"]),
    ("scenario: sample", "scenario: other", ["2: scenario `other` stands in the file of another, sample.md"]),
    ("alert: \"ShopErrors\"\n", "", ["1: front matter needs `alert` with one value"]),
    ("services: [inventory, postgres]", "services:", ["5: front matter needs `services` with a list, `[a, b]`"]),
    ("severity: page", "severity: page\nowner: me", ["5: `owner` is not known here"]),
    ("severity: page", "severity: page\nnonsense", ["5: expected `key: value`, found `nonsense`"]),
    ("severity: page", "severity: page\nseverity: page", ["5: `severity` is given twice"]),
    ("## Impact\nUsers.\n", "", ["47: `## Impact` is missing"]),
    ("## Impact\nUsers.", "## Impact", ["12: `## Impact` is empty"]),
    (
      "## Impact", "## Effect",
      ["12: `## Effect` is not one of \(Runbook.headings.joined(separator: ", "))", "49: `## Impact` is missing"]
    ),
    ("Users.", "Users.\n\n## Impact\nAgain.", ["15: `## Impact` stands twice"]),
    ("# One of many", "", ["9: the first heading must be the title, `# ...`"]),
    ("# One of many", "# One\n# Two", ["8: a second title"]),
    (
      "```sh {diagnose=count}", "```sh",
      [
        "16: commands need a name: ```sh {diagnose=NAME}, {fix=NAME tier=mitigated|resolved} or {prevent=NAME}",
        "48: there is no diagnosis: ```sh {diagnose=NAME}",
      ]
    ),
    ("{prevent=alert}", "{prevent=alert fix=x}", ["44: needs exactly one of diagnose=, fix= and prevent="]),
    ("{prevent=alert}", "{prevent=Alert}", ["44: `Alert` is no name: lower-case letters, digits and `-`"]),
    ("{prevent=alert}", "{prevent=alert tier=resolved}", ["44: `tier` is not known on a prevent fence"]),
    ("{prevent=alert}", "{fix=alert tier=resolved}", ["44: a fix stands under Mitigation or Resolution"]),
    (
      "{diagnose=count}", "{diagnose=count}\nx\n```\n```sh {diagnose=count}",
      ["19: diagnose=count stands at line 16 already"]
    ),
    ("{diagnose=count}", "{diagnose=count by=foot}", ["16: by must be hand, not `foot`"]),
    ("{prevent=alert}", "{prevent=alert by=hand}", ["44: `by` is not known on a prevent fence"]),
    ("{prevent=alert}", "{prevent=count}", ["44: `count` is the name of a diagnose fence at line 16"]),
    ("{fix=pooler tier=resolved}", "{fix=pooler}", ["37: the fix `pooler` needs tier=mitigated|resolved"]),
    (
      "{fix=pooler tier=resolved}", "{fix=pooler tier=prevented}",
      ["37: tier must be mitigated or resolved, not `prevented`"]
    ),
    ("{fix=pooler tier=resolved}", "{fix=raise tier=resolved}", ["37: the fix `raise` has another tier at line 26"]),
    ("{fix=pooler tier=resolved}", "{fix=pooler tier}", ["37: expected key=value once, found `tier`"]),
    ("\ntrue\n", "\n\n", ["44: the fence is empty"]),
    (
      "EOF\n~~~", "EOF",
      [
        "37: the fence is never closed", "48: `## Prevention` is missing", "48: `## Verify` is missing",
      ]
    ),
  ]

  @Test(arguments: changes) func reports(piece: String, replacement: String, expected: [String]) throws {
    let range = try #require(sample.firstRange(of: piece))
    let text = sample.replacingCharacters(range, with: replacement)
    let error = #expect(throws: RunbookError.self) { try Runbook(parsing: text, file: "sample.md") }
    #expect(error?.problems.map(\.description) == expected.map { "sample.md:\($0)" })
  }

  @Test(arguments: ["", "x", "---\n", "---\n---\n", "```sh\n"]) func nothingMuch(text: String) {
    #expect(throws: RunbookError.self) { try Runbook(parsing: text, file: "sample.md") }
  }

  @Test func headingsOutOfOrder() throws {
    let text = sample.replacing("## Impact", with: "## TEMP").replacing("## Meaning", with: "## Impact")
      .replacing("## TEMP", with: "## Meaning")
    let error = #expect(throws: RunbookError.self) { try Runbook(parsing: text, file: "sample.md") }
    #expect(error?.problems.map(\.message) == ["`## Meaning` must stand before `## Impact`"])
  }

  @Test func sameHeadingsGetNumberedAnchors() throws {
    let text = sample.replacing("It is gone.", with: "### One, two!\n### One two\n")
    let runbook = try Runbook(parsing: text, file: "sample.md")
    #expect(runbook.sections.suffix(2).map(\.anchor) == ["one-two", "one-two-1"])
  }
}

extension String {
  func replacingCharacters(_ range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
