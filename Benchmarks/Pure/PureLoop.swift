/// Something of ours that needs nobody else, done again and again: without servers, sockets and clocks, so that its
/// processor instructions are the same each time.
public struct PureLoop: Sendable {
  /// What is done.
  public let name: String
  /// Does it once; gives something that depends on all of it, so that no compiler leaves it out.
  public let once: @Sendable () throws -> Int

  init(_ name: String, _ once: @escaping @Sendable () throws -> Int) {
    self.name = name
    self.once = once
  }

  /// Does it so many times.
  @inline(never) public func callAsFunction(_ times: Int) throws -> Int {
    var sum = 0
    for _ in 0..<times { sum &+= try once() }
    return sum
  }

  /// All of them.
  public static var all: [PureLoop] { get throws { try services() + judge() } }
}
