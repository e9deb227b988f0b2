import Testing

@testable import Load

@Suite struct ProductsTests {
  @Test func everyProductIsDealtOnceAndTheSameSeedDealsTheSame() {
    let products = Products(seed: 7)
    let all = products.users + products.markers + products.reservable
    #expect(Set(all).count == 500 && all.count == 500)
    #expect(products == Products(seed: 7))
    #expect(Set(all).contains("SKU-0001") && Set(all).contains("SKU-0500"))
  }

  @Test func nobodyCanKnowTheMarkersBeforehand() {
    let first = Set(Products(seed: 1).markers)
    #expect(first.intersection(Products(seed: 2).markers).count < 25)
    #expect((1...50).contains { Products(seed: $0).markers.contains("SKU-0001") })
  }
}
