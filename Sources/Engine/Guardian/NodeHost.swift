import Foundation

/// What brings a guardian's nodes about. Only the guardian's one thread calls it, and nothing here keeps it waiting.
protocol NodeHost: AnyObject {
  /// Starts a node. `report` hears `started` or `failed`, once; also `ended` where the node is not a child of the
  /// guardian's and its end is not seen otherwise. What ends at once is never heard to have started.
  ///
  /// - Parameter isWanted: asked when its turn has come; a node that nobody wants any more has `failed`.
  func launch(_ spec: SpawnSpec, isWanted: @escaping () -> Bool, report: @escaping (NodeEvent) -> Void)
  /// Whether nodes are children of the guardian's, which sees their ends by itself.
  var hasChildren: Bool { get }
  /// What the guardian's loop is to wait for besides its own.
  var polled: [pollfd] { get }
  /// Something of `polled` has come.
  func serve(_ descriptor: Int32)
  /// When `fireTimers` is to be called next, in seconds on the guardian's clock.
  var nextDeadline: Double? { get }
  func fireTimers()
  /// Takes away what it made for all nodes; every node has ended.
  ///
  /// - Returns: whether nothing is left of them.
  func close() -> Bool
}

/// What becomes of a node that was launched.
enum NodeEvent {
  /// Its program runs. `pid` is its first process as this machine sees it.
  case started(pid: Int32)
  case failed(EngineError)
  /// Its first process has ended: nobody may signal that number any more. `ended` follows.
  case gone
  /// `exit 1` or `signal 9`.
  case ended(exit: String, failed: Bool)
}

/// Nodes as processes of this machine: children of the guardian, which reaps them itself.
final class ProcessHost: NodeHost {
  private let launcher: NodeLauncher

  init(run: RunDirectory) throws { launcher = try NodeLauncher(run: run) }

  let hasChildren = true

  func launch(_ spec: SpawnSpec, isWanted: @escaping () -> Bool, report: @escaping (NodeEvent) -> Void) {
    do { report(.started(pid: try launcher.launch(spec))) } catch let error as EngineError {
      report(.failed(error))
    } catch { report(.failed(EngineError("\(error)"))) }
  }

  var polled: [pollfd] { [] }
  func serve(_ descriptor: Int32) {}
  var nextDeadline: Double? { nil }
  func fireTimers() {}
  func close() -> Bool { true }
}
