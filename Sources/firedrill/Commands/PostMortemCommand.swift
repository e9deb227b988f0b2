import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Grading

/// `postmortem`
struct PostMortemCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postmortem",
    abstract: "Begin the post-mortem: lab/postmortem.md with what the lab knows, and questions for the rest.")
  @OptionGroup var lab: LabOptions
  @Option(help: "How many times shorter the targets are than in the field (1, 5, 15 and 60 minutes): 1 to 60.")
  var scale = 1.0
  @Flag(help: "Write it anew; what was filled in is lost.") var force = false

  func validate() throws {
    guard (1...60).contains(scale) else { throw ValidationError("--scale \(scale): it must be from 1 to 60") }
  }

  func run() async throws {
    let folder = lab.folder
    let state = try folder.requireState()
    guard state.scenario != "base" else {
      throw EngineError("base is the healthy shop: nothing happened there that could be written about", code: .usage)
    }
    guard force || !FileManager.default.fileExists(atPath: folder.postMortem) else {
      throw EngineError("\(folder.postMortem) is there: it is never overwritten without --force", code: .usage)
    }
    let title =
      state.blind
      ? state.shownName : try ScenarioFile.load(Installation.find().scenario(state.scenario) + "/scenario.yaml").title
    var timeline = try Timeline.read(folder)
    if RunDirectory(labID: state.id).isAlive {
      do { try await timeline.addAlerts(from: ControllerClient.connect(to: folder)) } catch {
        Console.note("the lab's alerts are left out, for its Prometheus can't be asked: \(error)")
      }
    }
    let document = PostMortem(
      title: title, timeline: timeline, diff: try await Diff.text(of: folder), scale: scale)
    do { try document.markdown.write(toFile: folder.postMortem, atomically: true, encoding: .utf8) } catch {
      throw EngineError("cannot write \(folder.postMortem): \(error)", code: .usage)
    }
    Console.out(folder.postMortem)
    Console.note("\nNext: fill in what only people know.")
  }
}
