import Engine
import Foundation

/// The lab's files as they were deployed last, to be able to say which ones a deploy changed.
struct DeployedFiles: Codable, Equatable {
  /// What tells a file's content from another, by its path in the lab's folder.
  var marks: [String: String] = [:]

  /// Those that are new, gone or different in `other`, sorted.
  func differing(in other: DeployedFiles) -> [String] {
    Set(marks.keys).union(other.marks.keys).filter { marks[$0] != other.marks[$0] }.sorted()
  }

  /// The files that are in the folder now.
  static func now(in lab: LabFolder) -> DeployedFiles {
    DeployedFiles(marks: lab.ownFiles(mark))
  }

  /// Those of the last deploy; nil where none was noted.
  static func last(of lab: LabFolder) -> DeployedFiles? {
    FileManager.default.contents(atPath: path(in: lab)).flatMap { try? JSONDecoder().decode(Self.self, from: $0) }
  }

  /// Notes them. That can fail without harm: the next deploy then names no files.
  func save(to lab: LabFolder) {
    try? JSONEncoder().encode(self).write(to: URL(fileURLWithPath: Self.path(in: lab)), options: .atomic)
  }

  private static func path(in lab: LabFolder) -> String { lab.stateFolder + "/deployed.json" }

  /// The content's hash (FNV-1a); of a large file, which is no setting, its size and time.
  private static func mark(of path: String, _ info: stat) -> String {
    guard info.st_size <= 1 << 20, let data = FileManager.default.contents(atPath: path) else {
      return "\(info.st_size) \(info.st_mtim.tv_sec) \(info.st_mtim.tv_nsec)"
    }
    let hash = data.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return "\(data.count) \(String(hash, radix: 16)) \(info.st_mode & 0o111)"
  }
}
