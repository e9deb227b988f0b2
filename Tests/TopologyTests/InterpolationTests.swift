import Testing
import Topology

/// Derived from the section "Interpolation" of the Compose file reference. SET is `first`, EMPTY is set to nothing.
@Suite struct InterpolationTests {
  static let variables = ["SET": "first", "EMPTY": "", "_a1": "low"]

  static let values: [(String, String)] = [
    ("plain", "plain"), ("", ""), ("$SET", "first"), ("${SET}", "first"), ("a${SET}b$SET", "afirstbfirst"),
    ("$_a1", "low"), ("$SET-bar", "first-bar"), ("$SET.x", "first.x"), ("$$SET", "$SET"), ("$${SET}", "${SET}"),
    ("$$$SET", "$first"), ("100$$", "100$"), ("$EMPTY|", "|"), ("${UNSET}|", "|"),
    ("${UNSET:-d}", "d"), ("${EMPTY:-d}", "d"), ("${SET:-d}", "first"),
    ("${UNSET-d}", "d"), ("${EMPTY-d}", ""), ("${SET-d}", "first"),
    ("${UNSET:-}", ""), ("${UNSET-}", ""),
    ("${UNSET:+r}", ""), ("${EMPTY:+r}", ""), ("${SET:+r}", "r"),
    ("${UNSET+r}", ""), ("${EMPTY+r}", "r"), ("${SET+r}", "r"),
    ("${SET:?err}", "first"), ("${SET?err}", "first"), ("${EMPTY?err}", ""),
    ("${UNSET:-$SET}", "first"), ("${UNSET:-${SET}}", "first"), ("${UNSET:-${EMPTY:-deep}}", "deep"),
    ("${UNSET-${SET} ${SET}} end", "first first end"), ("${UNSET:-a}-${SET:-b}", "a-first"),
    ("${UNSET:-$$x}", "$x"), ("${UNSET:-/non:-alpha}", "/non:-alpha"), ("${UNSET-my?msg}", "my?msg"),
    ("${UNSET:-a:?b+c}", "a:?b+c"), ("${SET+va?lu-e}", "va?lu-e"), ("${UNSET:-{x}", "{x"), ("{${SET}}", "{first}"),
    ("${EMPTY:-}${SET}", "first"), ("http://${UNSET:-h}:${UNSET:-80}/", "http://h:80/"), ("ü${SET}ü", "üfirstü"),
  ]

  @Test(arguments: values) func replaces(template: String, expected: String) throws {
    var interpolation = Interpolation(Self.variables)
    #expect(try interpolation.expand(template) == expected)
  }

  @Test(arguments: [
    "$", "a$", "${", "$}", "${}", "${ }", "${ SET}", "${SET }", "${SET!}", "${SET:x}", "${SET:}", "$1", "${1A}", "$ x",
    "${SET", "${UNSET:-${SET}", "${UNSET:-${}}", "${UNSET:-$}", "$(date)", "${SET/a/b}", "$é",
  ]) func refuses(template: String) {
    var interpolation = Interpolation(Self.variables)
    #expect {
      try interpolation.expand(template)
    } throws: { error in
      if case Interpolation.Failure.invalid = error { true } else { false }
    }
  }

  @Test(arguments: [
    ("${UNSET:?need it}", "UNSET", "need it"), ("${UNSET?need it}", "UNSET", "need it"), ("${EMPTY:?e}", "EMPTY", "e"),
    ("${UNSET?}", "UNSET", ""), ("${UNSET:?say ${SET}}", "UNSET", "say first"),
    ("${UNSET?bar-baz}", "UNSET", "bar-baz"),
  ]) func requires(template: String, name: String, message: String) {
    var interpolation = Interpolation(Self.variables)
    #expect(throws: Interpolation.Failure.missing(name: name, message: message)) { try interpolation.expand(template) }
  }

  @Test func namesWhatIsUnset() throws {
    var interpolation = Interpolation(Self.variables)
    _ = try interpolation.expand("$A ${B} ${C:-x} ${SET:-$D} ${E:-$F} ${EMPTY} $$G")
    #expect(interpolation.unset == ["A", "B", "F"])
  }

  @Test func boundsItsDepth() {
    var interpolation = Interpolation([:])
    let deep = String(repeating: "${A:-", count: 100) + String(repeating: "}", count: 100)
    #expect(throws: Interpolation.Failure.self) { try interpolation.expand(deep) }
  }

  @Test func warnsAndFailsWithPlaces() throws {
    let topology = try parse(serviceFile("environment:\n  X: a${NOTHERE}"))
    #expect(topology.service("a")?.environment == ["X": "a"])
    #expect(
      topology.warnings == [
        "compose.yaml:5:10: services.a.environment.X: the variable NOTHERE is not set; taken as empty"
      ])
    #expect(
      problems(serviceFile("user: ${WHO:?who runs this?}")) == [
        "compose.yaml:4:11: services.a.user: the required variable WHO has no value: who runs this?"
      ])
    #expect(
      problems(serviceFile("user: ${WHO")) == [
        "compose.yaml:4:11: services.a.user: `${WHO` is no valid variable; `$$` stands for a dollar sign"
      ])
  }

  @Test func takesVariablesFromEnvUnderTheGivenOnes() throws {
    let text = serviceFile("environment: [\"X=$X\", \"Y=$Y\", INHERITED, MISSING]")
    let topology = try parse(
      text, env: "X=file\nY=file\nINHERITED=kept\n", environment: ["Y": "outer", "HOME": "/root"])
    #expect(topology.service("a")?.environment == ["X": "file", "Y": "outer", "INHERITED": "kept"])
  }

  @Test func numbersMayBeVariables() throws {
    let topology = try parse(serviceFile("deploy:\n  replicas: ${N:-101}\nmem_limit: ${M:-64m}"))
    #expect(topology.instances(of: "a").count == 101)
    #expect(topology.service("a")?.memoryLimit == 64 << 20)
  }
}
