import Foundation

/// What people type to run this program.
public enum ProgramName {
  /// `firedrill` where the shell finds it; otherwise the path of the program that runs, from the working folder where
  /// it is below that.
  public static var shown: String {
    let called = CommandLine.arguments.first ?? ""
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? called
    return shown(
      program: called.contains("/") ? called : program, path: ProcessInfo.processInfo.environment["PATH"] ?? "",
      folder: FileManager.default.currentDirectoryPath)
  }

  static func shown(program: String, path: String, folder: String) -> String {
    let name = "firedrill"
    let isFound = path.split(separator: ":").contains { place in
      var info = stat()
      let file = "\(place)/\(name)"
      return stat(file, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && access(file, X_OK) == 0
    }
    guard !isFound else { return name }
    let below = program.hasPrefix(folder + "/") ? String(program.dropFirst(folder.count + 1)) : program
    let words = below.contains("/") ? below : "./\(below)"
    let isPlain = words.utf8.allSatisfy { byte in
      switch UnicodeScalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-", "+": true
      default: false
      }
    }
    return isPlain ? words : "'\(words.replacing("'", with: "'\\''"))'"
  }
}
