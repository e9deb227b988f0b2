public import DrillCore
public import Topology

/// A named non-repair: `Chaos/<id>/decoys/NAME.yaml`, with the script beside it that carries it out.
public struct DecoyFile: Sendable, Equatable {
  /// The tiers that a grade can require.
  enum Required: String, CaseIterable {
    case mitigated, resolved, prevented
  }

  /// The name.
  public var id: String
  /// What it does, in one line.
  public var title: String
  /// The script's file name.
  public var script: String
  /// How it must be refused.
  public var refusal: CertifyFile.Refusal
  /// The tier that its grade requires; `resolved` unless the file says otherwise.
  public var required: Tier

  /// Reads the text of such a file; what is wrong goes to `problems`.
  ///
  /// - Parameter checks: the scenario's checks by their ids, each with the reasons for which it can refuse.
  public static func read(_ text: String, file: String, checks: [String: [String]], problems: Problems) -> DecoyFile? {
    guard let map = YAML.read(text, file: file, problems: problems) else { return nil }
    defer { map.refuseOthers() }
    _ = map.required("because")?.name()
    let required = map["require"]?.choice(Required.self).flatMap { Tier(rawValue: $0.rawValue) }
    let id = map.required("id")?.name() ?? ""
    let name = file.split(separator: "/").last.map(String.init) ?? file
    if !id.isEmpty, name != "\(id).yaml" {
      problems.report("must be the file's name without .yaml, not `\(id)`", at: map.place(of: "id"), key: "id")
    }
    return DecoyFile(
      id: id, title: map.required("title")?.name() ?? "", script: map.required("script")?.name() ?? "",
      refusal: CertifyFile.refusal(map, checks: checks), required: required ?? .resolved)
  }
}
