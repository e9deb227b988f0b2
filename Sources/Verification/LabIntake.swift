public import Engine
import Foundation

/// The files of a folder that somebody hands in as a repair: everything about the lab that is not Firedrill's own.
///
/// They come from people who may want another verdict than they deserve: links and devices are refused, so is what
/// decides a verdict, and there is a limit to how much it may be.
public struct LabIntake: Sendable {
  /// What is wrong with the files, all of it.
  public struct Refused: Error, CustomStringConvertible {
    /// `PATH: MESSAGE` each; never empty.
    public var problems: [String]
    /// One problem a line.
    public var description: String { problems.joined(separator: "\n") }
  }

  private struct File {
    var name: String
    var contents: Data
    var isExecutable: Bool

    /// Archives such as zip's lose the right to execute what can only have been meant so.
    var isScript: Bool { (name == "preflight" || name.hasPrefix("bin/")) && contents.starts(with: Data("#!".utf8)) }
  }

  /// So many are told.
  static let mostProblems = 50
  /// Most files and folders, and most bytes of all of them.
  public static let mostFiles = 2_000
  /// See `mostFiles`.
  public static let mostBytes = 64 << 20
  /// Most bytes of a file that is read before anything bounds it.
  static let mostBytesOf = ["compose.yaml": 256 << 10, ".env": 256 << 10]
  /// What decides a verdict comes from the installation.
  public static let judges: Set<String> = ["certify.yaml", "decoys", "healthy.sh", "judge.yaml", "scenario.yaml"]
  private static let skipped = LabFolder.ownNames.union([".git"])

  private let files: [File]

  /// Reads the files of a folder.
  ///
  /// - Throws: `Refused`; `EngineError` for a folder that is no lab's.
  public init(folder: String) throws {
    guard FileManager.default.fileExists(atPath: folder + "/compose.yaml") else {
      throw EngineError("\(folder) is no lab: it has no compose.yaml", code: .usage)
    }
    var reader = Reader(folder: folder)
    try reader.readAll()
    files = reader.files
  }

  /// Puts them in place of the lab's own: what is not among them is gone.
  ///
  /// - Throws: the file system's errors.
  public func lay(over lab: LabFolder) throws {
    let manager = FileManager.default
    for name in try manager.contentsOfDirectory(atPath: lab.path) where !LabFolder.ownNames.contains(name) {
      try manager.removeItem(atPath: "\(lab.path)/\(name)")
    }
    for file in files {
      let path = "\(lab.path)/\(file.name)"
      try manager.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      let mode = file.isExecutable || file.isScript ? 0o755 : 0o644
      guard manager.createFile(atPath: path, contents: file.contents, attributes: [.posixPermissions: mode]) else {
        throw EngineError("cannot write \(path)")
      }
    }
  }

  private struct Reader {
    let folder: String
    var files: [File] = []
    var problems: [String] = []
    var bytes = 0
    var entries = 0

    mutating func readAll() throws {
      let all = FileManager.default.enumerator(atPath: folder)
      while let name = all?.nextObject() as? String {
        entries += 1
        if isTooMuch || problems.count >= LabIntake.mostProblems { break }
        let first = name.split(separator: "/").first.map(String.init) ?? name
        if LabIntake.skipped.contains(first) || LabIntake.judges.contains(first) {
          all?.skipDescendants()
          if first == name, LabIntake.judges.contains(first) {
            problems.append("\(shown(name)): decides the verdict, and comes from the installation only; remove it")
          }
          continue
        }
        read(name)
      }
      if isTooMuch {
        problems.append(
          "\(folder): a lab has at most \(LabIntake.mostFiles) files and folders, and \(LabIntake.mostBytes >> 20) MiB")
      }
      guard problems.isEmpty else { throw Refused(problems: problems.sorted()) }
    }

    private var isTooMuch: Bool { entries > LabIntake.mostFiles || bytes > LabIntake.mostBytes }

    private mutating func read(_ name: String) {
      var info = stat()
      guard lstat("\(folder)/\(name)", &info) == 0 else { return problems.append("\(shown(name)): cannot be read") }
      if name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
        return problems.append("\(shown(name)): has a control character in its name")
      }
      switch info.st_mode & S_IFMT {
      case S_IFDIR: return
      case S_IFREG: break
      case S_IFLNK: return problems.append("\(shown(name)): is a link; hand in the file itself")
      default: return problems.append("\(shown(name)): is neither a file nor a folder")
      }
      if let most = LabIntake.mostBytesOf[name], info.st_size > most {
        return problems.append("\(shown(name)): has more than \(most >> 10) KiB")
      }
      bytes += Int(info.st_size)
      guard bytes <= LabIntake.mostBytes else { return }
      // Not through a link that has just taken its place, or that of a folder on the way.
      let descriptor = PlainFile.open(name, below: folder)
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      guard descriptor >= 0, fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG,
        let contents = try? handle.read(upToCount: LabIntake.mostBytes) ?? Data()
      else {
        return problems.append("\(shown(name)): cannot be read")
      }
      files.append(File(name: name, contents: contents, isExecutable: info.st_mode & 0o100 != 0))
    }

    private func shown(_ name: String) -> String {
      folder + "/" + String(name.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
    }
  }
}
