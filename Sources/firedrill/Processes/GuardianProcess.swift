import CPlatform
import Controller
import Engine
import Foundation

/// `firedrill guardian LAB`: goes into the background once it runs, or says why it cannot.
enum GuardianProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 1 else { return complain("guardian LAB", ExitStatus.usage) }
    do {
      let lab = LabFolder(path: arguments[0])
      let run = RunDirectory(labID: try lab.requireState().id)
      try run.create()
      return try inBackground(lab, run)
    } catch {
      return complain("\(error)", ExitStatus.software)
    }
  }

  private static func complain(_ text: String, _ code: Int32) -> Int32 {
    FileHandle.standardError.say("firedrill guardian: \(text)\n")
    return code
  }

  /// The caller waits for one line of the child's: empty when it runs, otherwise why it does not.
  private static func inBackground(_ lab: LabFolder, _ run: RunDirectory) throws -> Int32 {
    let log = open(run.guardianLog, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    let report = Pipe()
    guard log >= 0 else { return complain("cannot open \(run.guardianLog)", ExitStatus.software) }
    let child = firedrill_daemonize(log)
    if child < 0 { return complain("cannot fork", ExitStatus.software) }
    if child > 0 {
      try report.fileHandleForWriting.close()
      let answer = String(decoding: report.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      return answer == "ready\n" ? 0 : complain(answer.isEmpty ? "it died" : answer, ExitStatus.unavailable)
    }
    do {
      if getuid() != 0 { try enterUserNamespace() }
      let program = try Installation.find().firedrill
      let guardian = try Guardian(
        run: run, engine: lab.requireState().kind, controllerCommand: [program, "controller", lab.path],
        keeper: [program, "keeper", lab.path])
      report.fileHandleForWriting.write(Data("ready\n".utf8))
      try report.fileHandleForWriting.close()
      guardian.runLoop()
      return 0
    } catch {
      report.fileHandleForWriting.write(Data("\(error)".utf8))
      return ExitStatus.software
    }
  }

  private static func enterUserNamespace() throws {
    var message = [CChar](repeating: 0, count: 256)
    guard firedrill_enter_user_namespace(&message, message.count) == 0 else {
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw EngineError(
        "\(text): this machine lets ordinary users make no namespaces; run firedrill as root", code: .missingPart)
    }
  }
}
