import ArgumentParser
import Controller
import Engine
import Foundation

/// `watch`
struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at the lab again whenever it changes: does the symptom still show?",
    discussion: """
      Keys: h hint, r runbook, c look now, g grade, q quit. Where standard input is no terminal it is read as \
      if it were typed, and its end quits.
      """)
  @OptionGroup var lab: LabOptions

  private static let every: Duration = .milliseconds(500)

  func run() async throws {
    let folder = lab.folder
    let controller = try await lab.controller()
    lab.noteLook("watch")
    Console.note("watching \(folder.path): h hint, r runbook, c look now, g grade, q quit")
    let keyboard = Keyboard()
    defer { keyboard.restore() }
    var files = Self.files(of: folder)
    var changes = ChangeLog(path: folder.changeLog).entries().count
    await look(controller)
    while !Task.isCancelled {
      if let key = keyboard.next() {
        guard try await press(key, controller) else { return }
        continue
      }
      if keyboard.isAtEnd { return }
      let now = Self.files(of: folder)
      if now != files {
        let names = Set(now.keys).union(files.keys).filter { now[$0] != files[$0] }.sorted()
        Console.out("changed: \(names.joined(separator: ", ")); `firedrill apply` deploys it")
        files = now
      }
      let entries = ChangeLog(path: folder.changeLog).entries()
      if entries.count != changes {
        for entry in entries.dropFirst(changes) { Console.out(entry.what) }
        changes = entries.count
        await look(controller)
      }
      try await Task.sleep(for: Self.every)
    }
  }

  /// - Returns: whether the watch goes on.
  private func press(_ key: Character, _ controller: ControllerClient) async throws -> Bool {
    do {
      switch key {
      case "h": try await Hint.parse(words).run()
      case "r": try await RunbookCommand.parse(words).run()
      case "c": await look(controller)
      case "g": _ = try await Grade.parse(words).perform()
      case "q", "\u{03}", "\u{04}": return false
      default: break
      }
    } catch {
      Console.error("\(error)")
    }
    return true
  }

  /// The lab and the output as this command was told.
  private var words: [String] {
    ["--lab", lab.folder.path] + (Console.isPlain ? ["--plain"] : []) + (Console.isQuiet ? ["--quiet"] : [])
  }

  private func look(_ controller: ControllerClient) async {
    do {
      let text = try await controller.perform("check", timeout: .seconds(60)) { Console.note($0) }
      let check = try JSONDecoder().decode(Wire.Check.self, from: Data(text.utf8))
      let word = check.shows ? Console.red("the symptom shows") : Console.green("the symptom was not seen")
      Console.out("\(word): \(check.observed)")
    } catch {
      Console.error("\(error)")
    }
  }

  /// The lab's own files with size and time of change.
  private static func files(of folder: LabFolder) -> [String: String] {
    folder.ownFiles { "\($1.st_size) \($1.st_mtim.tv_sec) \($1.st_mtim.tv_nsec)" }
  }
}

/// Standard input, key by key, without waiting for one.
private final class Keyboard {
  private var before: termios?
  private(set) var isAtEnd = false

  init() {
    var settings = termios()
    guard isatty(0) == 1, tcgetattr(0, &settings) == 0 else { return }
    before = settings
    // Keys come at once and don't show; signals stay as they are.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    _ = tcsetattr(0, TCSANOW, &settings)
  }

  func next() -> Character? {
    var look = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard !isAtEnd, poll(&look, 1, 0) > 0 else { return nil }
    var byte: UInt8 = 0
    guard read(0, &byte, 1) == 1 else {
      isAtEnd = true
      return nil
    }
    return Character(UnicodeScalar(byte))
  }

  func restore() {
    guard var settings = before else { return }
    _ = tcsetattr(0, TCSANOW, &settings)
  }
}
