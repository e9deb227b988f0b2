import Foundation
import TestFiles
import Testing

/// `docs/api.md` is what every brief means by the public API: it has every route and every error code, and no other.
@Suite struct PublicAPIPageTests {
  @Test func itHasTheRoutesOfTheGateway() throws {
    let routes = try Repository.text("Sources/Gateway/GatewayRoutes.swift")
      .matches(of: /router\.(get|post|put|patch|delete|head)\("([^"]+)"\)/).map { match in
        let path = match.2.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
        return "\(match.1.uppercased()) /\(path.joined(separator: "/"))"
      }
    #expect(routes.count > 5)
    let page = try Repository.text("docs/api.md")
    #expect(Set(page.matches(of: /(?m)^### `([A-Z]+ [^`?]+)`$/).map { String($0.1) }) == Set(routes))
    let common = try Repository.text("Sources/ServiceKit/HTTP/OperationsRoutes.swift")
      .matches(of: /router\.get\("([^"]+)"\)/).map { "`GET \($0.1)`" }
    #expect(common.count == 3 && common.allSatisfy { page.contains($0) })
  }

  @Test func itHasTheErrorCodesOfTheShop() throws {
    let sources = try #require(FileManager.default.enumerator(atPath: "\(Repository.root)/Sources"))
    var codes: Set<String> = []
    for case let path as String in sources where path.hasSuffix(".swift") {
      codes.formUnion(
        try Repository.text("Sources/\(path)").matches(of: /ErrorCode\(rawValue: "([a-z_]+)"\)/).map { String($0.1) })
    }
    #expect(codes.count > 20)
    let rows = try Repository.text("docs/api.md").matches(of: /(?m)^\| [0-9, ]+ \| ([^|]+) \|(.*)$/)
    let told = rows.flatMap { "\($0.1) \($0.2)".matches(of: /`([a-z]+_[a-z_]+|invalid|overloaded|unauthorized)`/) }
      .map { String($0.1) }
    #expect(codes.subtracting(told) == [])
    #expect(Set(told).subtracting(codes) == [])
  }
}
