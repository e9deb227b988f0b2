import DrillCore
import Engine
import Foundation
import Load
import Probes

// The machine: when it stood still under everything, the judge included, how crowded it was, and whether the lab
// crowded it.
extension TrialContext {
  /// Records each stall of the machine as a sample `machine_stall_ms`, and how slow work is as `machine_slowness`, for
  /// as long as a window lasts.
  func watchMachine(phase: String, until over: StopFlag) async {
    guard let machine = MachineStall(folder: "\(engine.labDirectory)/.firedrill") else { return }
    while !over.isSet, !Task.isCancelled {
      let begin = recorder.now
      let look = await machine.look()
      let labels = ["phase": phase, "begin": "\(begin)"]
      recorder.record(.sample(SampleEvent(name: "machine_slowness", value: look.slowness, labels: labels)))
      guard look.stall >= MachineStall.shortest else { continue }
      recorder.record(
        .sample(SampleEvent(name: "machine_stall_ms", value: look.stall / .milliseconds(1), labels: labels)))
    }
    machine.end()
  }

  /// Records once a second which share of all processors the lab and its judge used as `lab_processors`, and how many
  /// times as long the lab's work took as on processors of its own as `lab_slowness`, for as long as a window lasts.
  func watchLab(phase: String, until over: StopFlag) async {
    let judge: Set = [ProcessInfo.processInfo.processIdentifier]
    func look() async -> (at: Int64, lab: ProcessorUse, judge: ProcessorUse) {
      let nodes = Set(((try? await engine.nodes()) ?? []).compactMap(\.pid))
      return (recorder.now, ProcessorUse.now(of: nodes), ProcessorUse.now(of: judge))
    }
    var last = await look()
    while !over.isSet, !Task.isCancelled {
      // Of a hundred nodes a look takes some milliseconds: no more than a fiftieth of a processor.
      let took = recorder.now - last.at
      _ = await pass(until: .now + max(.seconds(1), .nanoseconds(took * 50)), unless: over)
      let now = await look()
      defer { last = now }
      // Whoever sees none of the nodes can't tell.
      guard !now.lab.isEmpty, !last.lab.isEmpty, now.at > last.at else { continue }
      let (lab, judge) = (now.lab.since(last.lab), now.judge.since(last.judge))
      let room = Double(now.at - last.at) * Double(ProcessInfo.processInfo.activeProcessorCount)
      let values = [
        "lab_processors": min(1, Double(lab.run + judge.run) / room),
        "lab_slowness": Double(lab.run + lab.wait) / Double(max(1, lab.run)),
      ]
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        let labels = ["phase": phase, "begin": "\(last.at)"]
        recorder.record(.sample(SampleEvent(name: name, value: value, labels: labels)))
      }
    }
  }
}
