import FleetAPI
import Testing

@testable import ServiceKit

@Suite struct ValidationTests {
  private func message(_ items: [CartItem]) -> String? {
    do {
      _ = try Validation.cart(items)
      return nil
    } catch { return (error as? ServiceError)?.message }
  }

  @Test func aCartIsPutInOrder() throws {
    let cart = try Validation.cart([CartItem(sku: "b", quantity: 1), CartItem(sku: "a", quantity: 100)])
    #expect(cart.map(\.sku) == ["a", "b"])
  }

  @Test func everyMessageSaysWhatIsRight() {
    #expect(message([]) == "items must hold 1 to 100 lines, not 0.")
    #expect(message([CartItem(sku: "a", quantity: 0)]) == "items[0].quantity must be from 1 to 100, not 0.")
    #expect(message([CartItem(sku: "a", quantity: 101)]) == "items[0].quantity must be from 1 to 100, not 101.")
    #expect(message([CartItem(sku: "", quantity: 1)]) == "items[0].sku must be a product's sku.")
    let twice = [CartItem(sku: "a", quantity: 1), CartItem(sku: "a", quantity: 1)]
    #expect(message(twice) == "items must name each sku once; a stands there twice.")
    #expect(
      message((0...100).map { CartItem(sku: "s\($0)", quantity: 1) }) == "items must hold 1 to 100 lines, not 101.")
  }

  @Test func uuidsAreReadInAnyCase() throws {
    let text = "0AF76519-16CD-43DD-8448-EB211C80319C"
    #expect(try Validation.uuid(text, field: "id") == text.lowercased())
    for wrong in [
      "", "0af7651916cd43dd8448eb211c80319c", "0af76519-16cd-43dd-8448-eb211c80319", "x" + text.dropFirst(),
    ] {
      #expect(throws: ServiceError.self) { try Validation.uuid(wrong, field: "id") }
    }
  }

  @Test func keysArePrintableASCII() {
    #expect(IdempotencyKey.isAllowed("a-1"))
    for wrong in ["", "a b", "ä", "a\n", String(repeating: "x", count: 201)] {
      #expect(!IdempotencyKey.isAllowed(wrong))
    }
  }
}
