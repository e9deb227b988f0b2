import Grading
public import Topology

/// What a scenario's `certify.yaml` says: the part of the proof matrix that no other file of the scenario holds.
///
///     nothing: {check: every-instance-serves, reason: instance_refuses}
///     without:
///       stop-the-users: nobody but the judge uses this shop
///     processors: 1
///     timing: [healthy, fix/release-idle]
public struct CertifyFile: Sendable, Equatable {
  /// A check and the reason for which it must refuse.
  public struct Refusal: Sendable, Equatable {
    /// The check's id.
    public var check: String
    /// The reason's code.
    public var reason: String
  }

  /// Non-repairs that people try on every failure; each is a decoy, or `without` says why there is none.
  public static let common = ["restart-everything", "scale-to-zero", "remove-the-feature", "stop-the-users"]

  /// What a lab counts for whose scenario says nothing.
  static let usualProcessors = 2

  /// How the untouched failure is refused.
  public var nothing: Refusal
  /// How its files alone are refused, where a lab that is handed out is damaged besides; nil: as the failure is.
  public var files: Refusal?
  /// Why a common non-repair has no decoy, by its name.
  public var without: [String: String]
  /// How many processors a lab keeps busy while it is judged, from 1 on: labs side by side share none.
  public var processors: Int
  /// The cells whose verdict hangs on latency or lateness, by their ids.
  public var timing: [String]

  /// Reads the text of such a file; what is wrong goes to `problems`, and then values may be empty.
  ///
  /// - Parameters:
  ///   - checks: the scenario's checks by their ids, each with the reasons for which it can refuse.
  ///   - decoys: the names of the scenario's decoys.
  ///   - cells: the ids of the scenario's cells.
  public static func read(
    _ text: String, file: String, checks: [String: [String]], decoys: [String], cells: [String], problems: Problems
  ) -> CertifyFile? {
    guard let map = YAML.read(text, file: file, problems: problems) else { return nil }
    defer { map.refuseOthers() }
    func refusal(at value: YAMLValue?) -> Refusal? {
      value?.map().map { inner in
        defer { inner.refuseOthers() }
        return Self.refusal(inner, checks: checks)
      }
    }
    let nothing = refusal(at: map.required("nothing"))
    let files = refusal(at: map["files"])
    var without: [String: String] = [:]
    let entries = map["without"]?.map()?.entries() ?? []
    for entry in entries {
      let key = "without.\(entry.name)"
      if !common.contains(entry.name) {
        let hint = Spelling.hint(for: entry.name, among: common)
        problems.report("must be one of \(common.joined(separator: ", "))\(hint)", at: entry.place, key: key)
      } else if decoys.contains(entry.name) {
        problems.report("there is a decoy of that name", at: entry.place, key: key)
      }
      without[entry.name] = entry.value.name() ?? ""
    }
    for name in common where !decoys.contains(name) && without[name] == nil {
      problems.report(
        "needs decoys/\(name).yaml, or a line that says why there is none", at: map.place(of: "without"),
        key: "without.\(name)")
    }
    return CertifyFile(
      nothing: nothing ?? Refusal(check: "", reason: ""), files: files, without: without,
      processors: map["processors"]?.int(1...64) ?? usualProcessors,
      timing: map["timing"].map { timing($0, cells: cells) } ?? [])
  }

  private static func timing(_ value: YAMLValue, cells: [String]) -> [String] {
    var names: [String] = []
    for item in value.list() {
      guard let name = item.name() else { continue }
      if !cells.contains(name) {
        item.report("the scenario has no cell `\(name)`\(Spelling.hint(for: name, among: cells))")
      } else if names.contains(name) {
        item.report("`\(name)` stands here twice")
      }
      names.append(name)
    }
    return names
  }

  /// `check` and `reason` of a map; the check must be one of the scenario's, the reason one of that check's.
  static func refusal(_ map: YAMLMap, checks: [String: [String]]) -> Refusal {
    let check = map.required("check")
    let reason = map.required("reason")
    let name = check?.name()
    if let check, let name, checks[name] == nil {
      check.report("the scenario has no check `\(name)`\(Spelling.hint(for: name, among: checks.keys.sorted()))")
    }
    if let reason, let name, let known = checks[name] {
      if let word = reason.name(), !known.contains(word) {
        reason.report(CheckCatalogue.refusal(word, of: name, known))
      }
    } else if let reason, let word = reason.name(),
      !word.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") })
    {
      reason.report("is no reason's code: lower-case letters, digits and `_`, not `\(word)`")
    }
    return Refusal(check: name ?? "", reason: reason?.string() ?? "")
  }
}
