import Foundation
import TestFiles
import Testing

/// The files that somebody gets who has Compose and no Firedrill, as Compose reads them; nothing is started.
extension ScenarioTests {
  @Suite(.serialized) struct HandedOutContainerTests {
    /// Holds files against the schema of the Compose specification that comes with Debian's Compose: `FOLDER FILE...`.
    /// As Compose does, it puts variables in before, those of the folder's `.env` or their defaults; a whole number may
    /// come of one. Prints what is wrong, or that there is no schema.
    private static let validate = """
      import importlib.util, json, pathlib, re, sys
      package = importlib.util.find_spec("compose")
      schema = pathlib.Path(package and package.origin or "/nobody/x").parent / "config" / "compose_spec.json"
      if not schema.exists(): sys.exit(print("no schema"))
      import jsonschema, yaml
      folder = pathlib.Path(sys.argv[1])
      lines = [line.split("=", 1) for line in (folder / ".env").read_text().splitlines()]
      values = {line[0]: line[1] for line in lines if len(line) == 2 and not line[0].startswith("#")}
      variable = re.compile(r"[$][$]|[$][{](\\w+)(?:(:?[-?])([^}]*))?[}]")
      def value(match):
        if not match[1]: return "$"
        return values.get(match[1]) or (match[3] if match[2] in ("-", ":-") else "")
      def put(part):
        if isinstance(part, dict): return {key: put(inner) for key, inner in part.items()}
        if isinstance(part, list): return [put(inner) for inner in part]
        if not isinstance(part, str) or "$" not in part: return part
        text = variable.sub(value, part)
        return int(text) if text.isdigit() else text
      for name in sys.argv[2:]:
        file = put(yaml.safe_load((folder / name).read_text()))
        for problem in jsonschema.Draft7Validator(json.loads(schema.read_text())).iter_errors(file):
          print(f"{name}: {'.'.join(map(str, problem.absolute_path))}: {problem.message[:300]}")
      """

    @Test(arguments: Repository.scenarios) func composeTakesWhatIsHandedOut(scenario: String) throws {
      let cli = try CLI(engine: "compose")
      let folder = (cli.lab as NSString).deletingLastPathComponent + "/handed"
      defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }
      try #require(try cli.run("hand-out", scenario, "--to", folder).status == 0)
      let lab = folder + "/lab"
      let shop = try cli.compose(in: lab, "config --services")
      // A variable that nobody sets is a warning.
      #expect(shop.status == 0 && shop.errors.isEmpty, "\(shop)")
      let services = Set(shop.out.split(separator: "\n").map(String.init))
      // Of the lab's own file, and of the one beside it.
      #expect(services.isSuperset(of: ["gateway", "postgres", "redis", "provider", "prometheus"]), "\(services)")
      let whole = try cli.compose(in: lab, "config")
      // Both are one: what makes a container of the lab's narrow stands in the second.
      #expect(whole.out.contains("pids_limit: 4096") && whole.out.contains("read_only: true"), "\(whole)")
      let grader = try cli.compose(in: folder, "-f grader.yaml config")
      #expect(grader.status == 0 && grader.errors.isEmpty, "\(grader)")
      #expect(grader.out.contains("FIREDRILL_SCENARIO: \(scenario)\n"), "\(grader.out)")
      for (place, names) in [(lab, ["compose.yaml", "compose.override.yaml"]), (folder, ["grader.yaml"])] {
        let checked = try cli.launch(["-c", Self.validate, place] + names, program: "/usr/bin/python3").wait(30)
        #expect(checked.status == 0, "\(checked.errors)")
        if checked.out != "no schema\n" {
          #expect(checked.out.isEmpty, "\(checked.out)")
          continue
        }
        // Newer ones of Compose's are no Python: `config` has held the files against a schema that is built in.
        let version = try cli.compose(in: place, "version --short").out
        if !version.contains(/^v?[2-9]/) {
          Issue.record("Compose '\(version)' came without its schema, so nothing looked at \(names)")
        }
      }
    }
  }
}
