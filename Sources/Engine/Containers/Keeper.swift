import CPlatform
import Foundation

/// The process that removes a lab's containers when its guardian has ended, whatever it ended of. Where it ends first
/// there is soon another.
final class Keeper {
  /// Seconds until another one is started.
  private static let pause = 1.0

  private let command: [String]
  private let log: String
  /// Only this process has it; what reads the other end removes all containers when it is closed. -1 without a keeper.
  private var lifeline: Int32
  private(set) var nextDeadline: Double?

  /// - Parameter command: the command line of a process that calls `ContainerRemoval.whenClosed`.
  init(_ command: [String], log: String) throws {
    self.command = command
    self.log = log
    lifeline = try Self.start(command, log: log)
  }

  /// It shows an error once nobody reads the other end.
  var polled: [pollfd] { lifeline < 0 ? [] : [pollfd(fd: lifeline, events: 0, revents: 0)] }

  /// Whether the descriptor was its own.
  func serve(_ descriptor: Int32) -> Bool {
    guard descriptor == lifeline else { return false }
    close()
    nextDeadline = Guardian.now() + Self.pause
    return true
  }

  func fireTimers() {
    guard let due = nextDeadline, Guardian.now() >= due else { return }
    do {
      lifeline = try Self.start(command, log: log)
      nextDeadline = nil
    } catch { nextDeadline = Guardian.now() + Self.pause }
  }

  /// Has it remove what there is.
  func close() {
    if lifeline >= 0 { Glibc.close(lifeline) }
    lifeline = -1
    nextDeadline = nil
  }

  private static func start(_ command: [String], log path: String) throws -> Int32 {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw EngineError.system("pipe") }
    defer { Glibc.close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let log = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else {
      Glibc.close(ends[1])
      throw EngineError.system("cannot open \(path)")
    }
    defer { Glibc.close(log) }
    let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    do {
      _ = try NodeLauncher.launchChild(command, environment: environment, channel: ends[0], log: log, outlives: true)
    } catch {
      Glibc.close(ends[1])
      throw error
    }
    return ends[1]
  }
}
