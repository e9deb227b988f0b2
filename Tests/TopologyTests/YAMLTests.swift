import Testing
import Topology

@Suite struct YAMLTests {
  static func read(_ text: String) -> (YAMLMap?, Problems) {
    let problems = Problems()
    return (YAML.read(text, file: "f.yaml", problems: problems), problems)
  }

  @Test func readsTypesAndCollectsEveryProblem() throws {
    let (map, problems) = Self.read(
      "n: 12\nbad: x\nb: yes\nlist: [a, 1]\nt: 1m30s\nz: ~\nkind: blu\nf: 0.5\nlow: -1\nextra: 1\nx-free: 1\n")
    let top = try #require(map)
    enum Kind: String, CaseIterable { case red, blue }
    #expect(top["n"]?.int(1...20) == 12)
    #expect(top["bad"]?.int() == nil)
    #expect(top["b"]?.bool() == true)
    #expect(top["list"]?.strings() == ["a", "1"])
    #expect(top["t"]?.duration() == .seconds(90))
    #expect(top["z"] == nil)
    #expect(top["kind"]?.choice(Kind.self) == nil)
    #expect(top["f"]?.double(0...1) == 0.5)
    #expect(top["low"]?.int(0...Int.max) == nil)
    #expect(top.required("need")?.string() == nil)
    #expect(top["list"]?.string() == nil)
    top.refuseOthers(allowingExtensions: true)
    #expect(throws: ProblemsError.self) { try problems.throwIfAny() }
    do { try problems.throwIfAny() } catch {
      #expect(
        "\(error)" == """
          f.yaml:1:1: need: is missing
          f.yaml:2:6: bad: must be a whole number, not `x`
          f.yaml:4:7: list: must be a single value, not a list
          f.yaml:7:7: kind: must be red, blue, not `blu`; did you mean `blue`?
          f.yaml:9:6: low: must be 0 or more, not -1
          f.yaml:10:1: extra: is not supported
          """)
    }
  }

  @Test func resolvesAnchorsAndMergeKeys() throws {
    let (map, problems) = Self.read(
      "base: &b {x: 1, y: 1}\nmore: &m\n  y: 2\n  z: 2\none:\n  <<: *b\n  x: 9\nboth:\n  <<: [*b, *m]\n"
        + "deep: {<<: {<<: *m}}\n"
    )
    func texts(_ key: String) -> [String: String] {
      (map?[key]?.map()?.entries() ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string() }
    }
    #expect(texts("one") == ["x": "9", "y": "1"])
    #expect(texts("both") == ["x": "1", "y": "1", "z": "2"])
    #expect(texts("deep") == ["y": "2", "z": "2"])
    #expect(problems.errors.isEmpty)
  }

  @Test(arguments: [
    ("", "f.yaml:1:1: is empty"), ("# only\n", "f.yaml:1:1: is empty"),
    ("- a\n", "f.yaml:1:1: must be a map of keys, not a list"),
    ("a: 1\nb: 2\na: 3\n", "f.yaml:1:1: a: given more than once in the same map: `a`"),
    ("x:\n  k: 1\n  k: 2\n", "f.yaml:2:3: k: given more than once in the same map: `k`"),
    ("a: *nope\n", "f.yaml:1:4: is no valid YAML: found undefined alias"),
    ("a: 1\n b: 2\n", "f.yaml:2:3: is no valid YAML: mapping values are not allowed in this context"),
    ("a: {<<: 3}\n", "f.yaml:1:5: a: `<<` takes a map or a list of maps"),
    ("? [a, b]\n: c\n", "f.yaml:1:3: a key must be a single word, not a list or map"),
    (
      "a: 1\n---\nb: 2\n",
      "f.yaml:2:1: is no valid YAML: expected a single document in the stream, but found another document"
    ),
  ]) func reports(text: String, message: String) {
    #expect(Self.read(text).1.errors.map(\.description) == [message])
  }

  @Test func boundsAliasBombs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for i in 1...9 {
      text += "a\(i): &a\(i) [" + Array(repeating: "*a\(i - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
    #expect(Self.read(text).1.errors.count == 1)
  }

  /// Whatever stands in the file, reading it ends with a value or with problems.
  @Test func garbageNeverStopsTheReader() {
    let seed = Array(serviceFile("environment:\n  A: ${B:-c}\n<<: {scale: 2}\nulimits: {nofile: 3}\n").unicodeScalars)
    let letters = Array("{}[]:-,&*!|>'\"%@`#\n\t $a0~?\u{0}\u{FEFF}é".unicodeScalars)
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<2_000 {
      var scalars = seed
      for _ in 0...next(6) { scalars[next(scalars.count)] = letters[next(letters.count)] }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      _ = problems(String(text), env: String(text))
    }
  }
}
