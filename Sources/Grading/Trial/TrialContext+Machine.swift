import DrillCore
import Engine
import Load
import Probes

// The machine: when it stood still under everything, the judge included.
extension TrialContext {
  /// Records each stall of the machine as a sample `machine_stall_ms`, for as long as a window lasts.
  func watchMachine(phase: String, until over: StopFlag) async {
    guard let machine = MachineStall(folder: "\(engine.labDirectory)/.firedrill") else { return }
    while !over.isSet, !Task.isCancelled {
      let begin = recorder.now
      let stall = await machine.look()
      guard stall >= MachineStall.shortest else { continue }
      let labels = ["phase": phase, "begin": "\(begin)"]
      recorder.record(
        .sample(SampleEvent(name: "machine_stall_ms", value: stall / .milliseconds(1), labels: labels)))
    }
    machine.end()
  }
}
