import DrillCore
import Engine
import Load
import Probes

// The machine: when it stood still under everything, the judge included, and how crowded it was.
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
}
