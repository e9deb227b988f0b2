public import Engine
import Foundation

/// Faults by hand: each is written down as what it is.
extension LabController {
  /// Applies a fault that somebody asked for.
  public func injectByHand(_ request: FaultRequest) async throws -> ActiveFault {
    let fault = try await engine.inject(request)
    let parameters = request.parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    changes.add(
      "chaos by hand: inject \(request.kind)\(parameters), for \(request.lease.formatted()) s at most", fault: fault.id)
    return fault
  }

  /// Undoes a fault, or all of them (nil). One that has ended already is fine; one that never was is not.
  public func clearByHand(_ id: String?) async throws {
    let active = try await engine.activeFaults()
    guard let id else {
      for fault in active { try await engine.clear(fault.id) }
      if !active.isEmpty { changes.add("chaos by hand: clear all") }
      return
    }
    guard let fault = active.first(where: { $0.id == id }) else {
      if engine.hasKnownFault(id) { return }
      throw EngineError("there is no fault \(id); `firedrill chaos list` names those there are", code: .usage)
    }
    try await engine.clear(id)
    changes.add("chaos by hand: clear \(fault.kind)")
  }

  /// Nodes, faults and what is under way. In a blind lab those faults are left out, with the processes that carry them
  /// out, that nobody made by hand.
  public func status() async throws -> Wire.Status {
    var (nodes, faults) = (await engine.nodes(), try await engine.activeFaults())
    if state.blind {
      let own = Set(changes.entries().compactMap(\.fault))
      faults.removeAll { !own.contains($0.id) }
      nodes.removeAll { $0.service == "fault" && !own.contains($0.name) }
    }
    return Wire.Status(lab: state, nodes: nodes, faults: faults, busy: busy)
  }
}
