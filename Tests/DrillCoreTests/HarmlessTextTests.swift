import DrillCore
import Testing

/// What a lab has printed, on its way to a terminal or the log of a CI system.
@Suite struct HarmlessTextTests {
  @Test(arguments: [
    ("plain text, a :: b", "plain text, a :: b"), ("a\tb\nc", "a\tb\nc"), ("a\r\nb", "a\nb"), ("a\rb", "a?b"),
    ("\u{1B}[31mred\u{7}", "?[31mred?"), ("::error::x", "| ::error::x"), ("a\n  \t::x", "a\n|   \t::x"),
    ("x ##[error]y", "x ## [error]y"), ("##vso[task.complete]", "## vso[task.complete]"), ("## [a] ##x", "## [a] ##x"),
    ("\u{FEFF}::x", "?::x"), ("##teamcity[x]", "## teamcity[x]"),
    ("a\u{2028}::x\u{85}", "a?::x?"), ("é ✅ 日本", "é ✅ 日本"), ("\u{202E}abc", "?abc"), ("a\u{9B}1m", "a?1m"),
  ]) func ordersAndControlsAreText(_ text: String, _ harmless: String) {
    #expect(HarmlessText.lines(text) == harmless)
  }

  @Test func noFurtherLineOfAPartLooksLikeOneOfOurs() {
    let part = "a\nok   everything [resolved]: fine\n::x"
    #expect(HarmlessText.within(part) == "a\n  | ok   everything [resolved]: fine\n  | | ::x")
  }
}
