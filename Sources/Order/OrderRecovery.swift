import Logging
import ServiceKit

/// Goes on with orders that were left halfway: by a crash, or by a customer who didn't ask again.
struct OrderRecovery: Sendable {
  let store: OrderStore
  let workflow: OrderWorkflow
  let age: Duration
  let claim: Duration
  let logger: Logger

  /// Takes on what it finds, one after the other. What fails is left for the next time.
  func run() async throws {
    for (key, id, status) in try await store.unfinished(age: age) {
      do {
        try await settle(key: key, id: id, status: status)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        logger.warning("an order can't be recovered yet", metadata: ["order_id": "\(id)", "error": "\(error)"])
      }
    }
  }

  private func settle(key: String, id: String, status: OrderStatus) async throws {
    if status != .cancelling {
      guard try await store.takeOver(key, claim: claim) else { return }
    }
    guard let order = try await store.find(id) else { return }
    do {
      switch order.status {
      // Nothing was charged: whoever ordered saw an error and hasn't asked again.
      case .pending: try await workflow.abandon(order, key: key)
      // It may have been charged: then it must come about.
      case .reserved: _ = try await workflow.place(id, key: key)
      case .cancelling: _ = try await workflow.cancel(order)
      case .confirmed, .cancelled, .failed: return
      }
    } catch {
      if status != .cancelling { try? await store.giveBack(key) }
      throw error
    }
    logger.info("recovered an order", metadata: ["order_id": "\(id)", "was": "\(status.rawValue)"])
  }
}
