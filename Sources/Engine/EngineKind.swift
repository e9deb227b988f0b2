/// What a lab's nodes are.
public enum EngineKind: String, Sendable, Codable, CaseIterable {
  /// Plain Linux processes, each in namespaces of its own.
  case process
  /// Containers of a Docker engine on this machine.
  case compose
}
