import Engine
import Foundation
import Synchronization

/// The services' program that somebody hands in: a file, or that of an image.
struct FleetProgram {
  /// Where an image has it, as our own do.
  private static let place = "/app/bin/fleet"

  private let path: String
  /// Where it is until `remove`, if it was got from an image.
  private var temporary: (folder: String, interrupt: Interrupt)?

  /// - Throws: `EngineError`, with code `usage` where `name` is neither a program nor an image that has one.
  static func find(_ name: String) throws -> FleetProgram {
    var info = stat()
    if stat(name, &info) == 0, info.st_mode & S_IFMT == S_IFREG {
      guard FileManager.default.isExecutableFile(atPath: name) else {
        throw EngineError("--fleet: \(name) is no program", code: .usage)
      }
      return FleetProgram(path: name)
    }
    let contents: Data
    do {
      contents = try uninterrupted { try ImageFile.contents(of: place, image: name) }
    } catch let error as EngineError {
      throw EngineError("--fleet: \(name) is no file, and no image that has it: \(error)", code: error.code)
    }
    let folder = try PrivateFolder.make("fleet")
    let interrupt = Interrupt { EmergencyStop.begin(nil) }
    let program = FleetProgram(path: folder + "/fleet", temporary: (folder, interrupt))
    do {
      try EmergencyStop.whole { try contents.write(to: URL(fileURLWithPath: program.path)) }
    } catch {
      program.remove()
      throw error
    }
    return program
  }

  /// Puts it into a lab, whose nodes run it in place of the installation's.
  func put(into lab: LabFolder) throws {
    let folder = lab.stateFolder + "/bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: path, toPath: folder + "/fleet")
    // Nodes have users of their own.
    guard chmod(folder + "/fleet", 0o755) == 0 else { throw EngineError("cannot make \(folder)/fleet a program") }
  }

  /// Takes away what was got from an image.
  func remove() {
    guard let temporary else { return }
    PrivateFolder.remove(temporary.folder)
    temporary.interrupt.cancel()
  }

  /// An interrupt waits until nothing is left in Docker.
  private static func uninterrupted<Result>(_ body: () throws -> Result) throws -> Result {
    let isInterrupted = Mutex(false)
    let interrupt = Interrupt { isInterrupted.withLock { $0 = true } }
    defer { interrupt.cancel() }
    let result = try body()
    if isInterrupted.withLock({ $0 }) { throw CancellationError() }
    return result
  }
}
