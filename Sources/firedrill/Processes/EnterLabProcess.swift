import CPlatform
import Controller
import Engine
import Foundation

/// `firedrill enter-lab HOSTS -- COMMAND...`: becomes the command in a mount namespace with the lab's /etc/hosts.
enum EnterLabProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count >= 3, arguments[1] == "--" else { return ExitStatus.usage }
    var message = [CChar](repeating: 0, count: 256)
    if getuid() != 0, firedrill_enter_user_namespace(&message, message.count) != 0 { return fail(message) }
    guard firedrill_enter_hosts(arguments[0], &message, message.count) == 0 else { return fail(message) }
    do {
      try become(Array(arguments.dropFirst(2)))
    } catch {
      FileHandle.standardError.say("firedrill: \(error)\n")
      // As shells do: not found, or found and not executable.
      return errno == ENOENT ? 127 : 126
    }
  }

  private static func fail(_ message: [CChar]) -> Int32 {
    let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    FileHandle.standardError.say("firedrill: \(text)\n")
    // As env and timeout do for trouble of their own: the command's statuses end at 123.
    return 125
  }
}
