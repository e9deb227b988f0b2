extension Topology {
  /// How the health of a node is found out. Times are in milliseconds; the defaults are those of Docker.
  public struct Healthcheck: Sendable, Codable, Equatable {
    /// The command; a shell line is already `["/bin/sh", "-c", LINE]`. Exit 0 means healthy.
    public var command: [String]
    /// Time between two checks.
    public var intervalMilliseconds: Int
    /// A check that takes longer has failed.
    public var timeoutMilliseconds: Int
    /// So many failures in a row make the node unhealthy.
    public var retries: Int
    /// Failures in this time after the start don't count.
    public var startPeriodMilliseconds: Int

    /// Creates a check with the defaults of Docker: every 30 s, 30 s time-out, 3 retries, no start period.
    public init(
      command: [String], intervalMilliseconds: Int = 30_000, timeoutMilliseconds: Int = 30_000, retries: Int = 3,
      startPeriodMilliseconds: Int = 0
    ) {
      self.command = command
      self.intervalMilliseconds = intervalMilliseconds
      self.timeoutMilliseconds = timeoutMilliseconds
      self.retries = retries
      self.startPeriodMilliseconds = startPeriodMilliseconds
    }

    /// Time between two checks.
    public var interval: Duration { .milliseconds(intervalMilliseconds) }
    /// A check that takes longer has failed.
    public var timeout: Duration { .milliseconds(timeoutMilliseconds) }
    /// Failures in this time after the start don't count.
    public var startPeriod: Duration { .milliseconds(startPeriodMilliseconds) }

    /// The URL when the check is `fleet probe URL`, directly or as a shell line, so that it can be done without a
    /// process.
    ///
    /// `$HOSTNAME` and `${HOSTNAME}` in it are still to be replaced by the name of the node.
    public var probeURL: String? {
      var words = command
      if command.count == 3, command[0] == "/bin/sh", command[1] == "-c" {
        // Only a line without any shell syntax but the variable is the same without a shell.
        let line = command[2]
        let plain = line.replacing("${HOSTNAME}", with: "").replacing("$HOSTNAME", with: "")
        guard !plain.contains(where: { "$`\"'\\|&;<>(){}*?[]#~!\n".contains($0) }) else { return nil }
        words = line.split(separator: " ").map(String.init)
      }
      guard words.count == 3, words[0] == "fleet", words[1] == "probe" else { return nil }
      return words[2]
    }

    /// `probeURL` for a node: its name in place of `$HOSTNAME`.
    public func probeURL(node: String) -> String? {
      probeURL?.replacing("${HOSTNAME}", with: node).replacing("$HOSTNAME", with: node)
    }
  }
}
