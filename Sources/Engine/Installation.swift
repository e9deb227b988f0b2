import Foundation

/// Where Firedrill's own files are: the base topology, the judge, the scenarios, the runbooks, the programs.
public struct Installation: Sendable, Equatable {
  /// The folder with `compose`, `Chaos` and `Runbooks`.
  public let share: String
  /// The folder of the running program, which also holds `fleet`.
  public let programs: String

  /// Names the folders; `find()` is the usual way.
  public init(share: String, programs: String) {
    self.share = share
    self.programs = programs
  }

  /// `FIREDRILL_HOME`, or `../share/firedrill` beside the program, or the checkout that the program was built in.
  public static func find() throws -> Installation {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let programs = (program as NSString).deletingLastPathComponent
    var candidates = [(programs as NSString).deletingLastPathComponent + "/share/firedrill"]
    var folder = programs
    while folder != "/", !folder.isEmpty {
      candidates.append(folder)
      folder = (folder as NSString).deletingLastPathComponent
    }
    if let home = ProcessInfo.processInfo.environment["FIREDRILL_HOME"] { candidates = [home] }
    let share = candidates.first { FileManager.default.fileExists(atPath: $0 + "/compose/judge/judge.yaml") }
    guard let share else {
      throw EngineError(
        "cannot find Firedrill's files; set FIREDRILL_HOME to the folder that holds compose and Chaos",
        code: .missingPart)
    }
    return Installation(share: share, programs: programs)
  }

  /// The judge's topology and its files.
  public var judge: String { share + "/compose/judge" }
  /// `judge.yaml`.
  public var judgeTopology: String { judge + "/judge.yaml" }
  /// The Compose file of a grader in a container, which a lab is handed out with.
  public var graderCompose: String { share + "/compose/grader.yaml" }
  /// What every lab is made from.
  public var baseLab: String { share + "/compose/lab" }
  /// The services' program.
  public var fleet: String { programs + "/fleet" }
  /// This program.
  public var firedrill: String { programs + "/firedrill" }

  /// The folder of a scenario.
  public func scenario(_ id: String) -> String { "\(share)/Chaos/\(id)" }
  /// The runbook of a scenario.
  public func runbook(_ id: String) -> String { "\(share)/Runbooks/\(id).md" }

  /// The ids of all scenarios, sorted.
  public var scenarios: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: share + "/Chaos")) ?? []
    return names.filter { FileManager.default.fileExists(atPath: scenario($0) + "/scenario.yaml") }.sorted()
  }
}
