import ArgumentParser
import PureLoops

/// Pure parts, so many times each: what counts instructions runs it.
struct PureParts: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "pure")
  @Option(help: "Times each.") var times = 100
  @Argument(help: "One of them; without it their names are printed.") var name: String?

  func run() throws {
    let all = try PureLoop.all
    guard let name else { return print(all.map(\.name).joined(separator: "\n")) }
    guard let loop = all.first(where: { $0.name == name }) else {
      throw ValidationError("\(name) is none of: \(all.map(\.name).joined(separator: ", "))")
    }
    print(try loop(times))
  }
}
