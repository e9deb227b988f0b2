package import FleetAPI
import ServiceKit

extension Product {
  /// Writes it as JSON by hand: this is the shop's busiest answer, and an encoder costs more than the look-up.
  package func appendJSON(to text: inout String) {
    text += #"{"description":"#
    JSONText.append(description, to: &text)
    text += #","name":"#
    JSONText.append(name, to: &text)
    text += #","price_cents":\#(priceCents),"sku":"#
    JSONText.append(sku, to: &text)
    text += #","updated_at":"#
    JSONText.append(updatedAt, to: &text)
    text += "}"
  }
}
