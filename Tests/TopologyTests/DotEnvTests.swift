import Testing
import Topology

@Suite struct DotEnvTests {
  static func read(_ text: String, _ environment: [String: String] = [:]) -> (
    values: [String: String], errors: [String]
  ) {
    let problems = Problems()
    let values = DotEnv.parse(text, environment: environment, problems: problems)
    return (values, problems.errors.map(\.description))
  }

  static let cases: [(String, [String: String])] = [
    ("A=1", ["A": "1"]), ("A=1\r\nB=2\r\n", ["A": "1", "B": "2"]), ("\n\n# c\nA=1 # comment\n", ["A": "1"]),
    ("A=a#b", ["A": "a#b"]), ("A=", ["A": ""]), ("A= # nothing", ["A": ""]),
    ("export A=1\n  export\tB=2", ["A": "1", "B": "2"]),
    ("export=1", ["export": "1"]), ("exported=1", ["exported": "1"]),
    ("A = spaced out \nB=2", ["A": "spaced out", "B": "2"]),
    ("A: yaml", ["A": "yaml"]), ("A=x=y", ["A": "x=y"]), ("A='$B \"q\" \\n # no'", ["A": "$B \"q\" \\n # no"]),
    ("A='it\\'s'", ["A": "it's"]), ("A=\"two\\nlines \\\"q\\\" \\\\ \\$B\"", ["A": "two\nlines \"q\" \\ $B"]),
    ("A=\"real\nlines\" # c\nB=2", ["A": "real\nlines", "B": "2"]),
    ("A=1\nB=$A-${A}-${C:-d}", ["A": "1", "B": "1-1-d"]),
    ("A=1\nB=\"${A}x\"", ["A": "1", "B": "1x"]), ("A=1\nA=2", ["A": "2"]), ("A", [:]), ("A\nB=2", ["B": "2"]),
    ("a.b=1", ["a.b": "1"]), ("A=ü", ["A": "ü"]), ("", [:]), ("   \n\t", [:]),
  ]

  @Test(arguments: cases) func reads(text: String, expected: [String: String]) {
    let (values, errors) = Self.read(text)
    #expect(values == expected)
    #expect(errors.isEmpty)
  }

  @Test func theEnvironmentWins() {
    #expect(
      Self.read("A=1\nB=$A\nC=$D\nX", ["A": "9", "D": "d", "X": "x"]).values == [
        "A": "9", "B": "9", "C": "d", "X": "x",
      ])
  }

  @Test(arguments: [
    ("A=1\n=2", ".env:2:1: expected NAME=value, found ``"), ("A B=1", ".env:1:1: expected NAME=value, found `A B`"),
    ("\nA=\"open\nB=1", ".env:2:1: A: the quote is never closed"),
    ("A='x' y", ".env:1:1: A: `y` after the closing quote"),
    ("A=${B", ".env:1:1: A: `${B` is no valid variable; `$$` stands for a dollar sign"),
  ]) func reports(text: String, message: String) {
    #expect(Self.read(text).errors == [message])
  }
}
