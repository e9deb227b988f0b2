import DrillCore
import Engine
import Foundation
import Load
import Probes

// The machine: when it stood still under everything, the judge included, how crowded it was, and whether the lab
// crowded it.
extension TrialContext {
  /// Records each stall of the machine as a sample `machine_stall_ms`, how slow work is as `machine_slowness`, and
  /// about once a second which share of all processors the lab and its judge used as `lab_processors`, for as long as
  /// a window lasts.
  func watchMachine(phase: String, until over: StopFlag) async {
    guard let machine = MachineStall(folder: "\(engine.labDirectory)/.firedrill") else { return }
    var last = await usage()
    while !over.isSet, !Task.isCancelled {
      let begin = recorder.now
      let look = await machine.look()
      let labels = ["phase": phase, "begin": "\(begin)"]
      recorder.record(.sample(SampleEvent(name: "machine_slowness", value: look.slowness, labels: labels)))
      if look.stall >= MachineStall.shortest {
        recorder.record(
          .sample(SampleEvent(name: "machine_stall_ms", value: look.stall / .milliseconds(1), labels: labels)))
      }
      guard over.isSet || recorder.now - last.at >= Usage.often else { continue }
      let now = await usage()
      if let share = now.share(since: last) {
        let labels = ["phase": phase, "begin": "\(last.at)"]
        recorder.record(.sample(SampleEvent(name: "lab_processors", value: share, labels: labels)))
      }
      last = now
    }
    machine.end()
  }

  /// What the lab and its judge have used until now.
  private func usage() async -> Usage {
    let nodes = ((try? await engine.nodes()) ?? []).compactMap(\.pid)
    let ours = Set(nodes + [ProcessInfo.processInfo.processIdentifier])
    // Whoever sees none of the nodes can't tell.
    return Usage(
      at: recorder.now, used: nodes.contains(where: ProcessProbe.isAlive) ? ProcessorTime.total(of: ours) : nil)
  }
}

/// What a lab has used of the processors up to a moment.
private struct Usage {
  /// A look goes through all processes of the machine: a few milliseconds.
  static let often: Int64 = 800_000_000

  let at: Int64
  let used: Duration?

  /// Of all processors since then: 0 to 1; `nil` where nobody knows.
  func share(since before: Usage) -> Double? {
    guard let used, let past = before.used, at > before.at else { return nil }
    let room = Double(at - before.at) / 1e9 * Double(ProcessInfo.processInfo.activeProcessorCount)
    return min(1, max(0, (used - past) / .seconds(1) / room))
  }
}
