import Controller
import Engine
import Foundation
import Logging

/// `firedrill controller LAB`: descriptor 3 is the way to the guardian, which started it.
enum ControllerProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 1 else { return ExitStatus.usage }
    Task {
      do {
        try await serve(LabFolder(path: arguments[0]))
        exit(0)
      } catch {
        FileHandle.standardError.say("\(error)\n")
        exit(ExitStatus.software)
      }
    }
    dispatchMain()
  }

  private static func serve(_ lab: LabFolder) async throws {
    let run = RunDirectory(labID: try lab.requireState().id)
    let installation = try Installation.find()
    let engine = try await LabEngine(lab: lab, run: run, installation: installation, channel: 3) { exit(0) }
    let token = try makeToken(run.tokenFile)
    let controller = try LabController(lab: lab, installation: installation, engine: engine)
    await controller.takeOver()
    try await ControllerServer(controller: controller, token: token).run(socket: run.controllerSocket)
  }

  /// A token of 256 random bits in a file of mode 0600; kept when a controller takes over from another.
  private static func makeToken(_ path: String) throws -> String {
    if let old = try? String(contentsOfFile: path, encoding: .utf8), !old.isEmpty { return old }
    var random = SystemRandomNumberGenerator()
    let token = (0..<4).map { _ in String(random.next() as UInt64, radix: 16) }.joined()
    guard
      FileManager.default.createFile(atPath: path, contents: Data(token.utf8), attributes: [.posixPermissions: 0o600])
    else { throw EngineError("cannot write \(path)") }
    return token
  }
}
