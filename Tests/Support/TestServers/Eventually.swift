/// Waits until a condition holds; looks every 5 ms.
public func eventually(
  _ what: String, within seconds: Double = 30, _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now.advanced(by: .seconds(seconds))
  while try await !condition() {
    guard ContinuousClock.now < end else { throw ServerFailure.failed("not within \(seconds) s: \(what)") }
    try? await Task.sleep(for: .milliseconds(5))
  }
}
