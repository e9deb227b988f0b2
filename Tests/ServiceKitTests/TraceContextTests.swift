import Testing

@testable import ServiceKit

@Suite struct TraceContextTests {
  private let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  @Test func aValidHeaderIsReadAndWrittenAgain() throws {
    let trace = try #require(TraceContext(header: header))
    #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
    #expect(trace.spanID == "b7ad6b7169203331")
    #expect(trace.isSampled)
    #expect(trace.header == header)
  }

  @Test func aChildKeepsTheTraceAndHasASpanOfItsOwn() throws {
    let trace = try #require(TraceContext(header: header))
    let child = trace.child()
    #expect(child.traceID == trace.traceID)
    #expect(child.spanID != trace.spanID)
    #expect(TraceContext(header: child.header) == child)
  }

  @Test func newTracesAreValidAndDiffer() {
    #expect(TraceContext(header: TraceContext().header) != nil)
    #expect(TraceContext() != TraceContext())
  }

  @Test(arguments: [
    "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz", "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ])
  func whatIsNotValidBeginsANewTrace(header: String) {
    #expect(TraceContext(header: header) == nil)
  }

  @Test func laterVersionsMayHaveMoreParts() {
    #expect(TraceContext(header: "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-else") != nil)
  }
}
