import DrillCore
import Foundation

/// A post-mortem that is begun: everything that the lab knows is filled in, the rest is asked.
public struct PostMortem: Sendable {
  /// How long the sources of the scenarios give a team: a minute to notice, five to know what is hit, fifteen until
  /// users are well again, an hour until the cause is gone.
  public static let targets: [(what: String, seconds: Double)] = [
    ("detect", 60), ("triage", 300), ("mitigate", 900), ("resolve", 3600),
  ]

  /// What is told of.
  public var title: String
  /// What happened.
  public var timeline: Timeline
  /// What was changed in the lab's files, as a diff; empty for nothing.
  public var diff: String
  /// How many times faster the exercise runs than the story it is taken from; 1 for as fast.
  public var scale: Double

  /// A post-mortem of `timeline`.
  public init(title: String, timeline: Timeline, diff: String, scale: Double = 1) {
    self.title = title
    self.timeline = timeline
    self.diff = diff
    self.scale = scale
  }

  /// The document.
  public var markdown: String {
    """
    # Post-mortem: \(title)

    Blameless: it asks what made the failure possible and the repair slow, not who did it.

    ## Timeline

    \(moments)

    ## How long it took

    | | took | target |
    |---|---|---|
    \(times)

    Targets count from the first harm to users, which is when the symptom was seen, and not from the fault
    before it\(scale == 1 ? "" : "; they are \(scale.formatted()) times shorter here").
    Detect is the first thing that anybody did since then: a look with `logs`, `psql`, `redis-cli`, `shell`, `load` or
    `watch`, a hint, the runbook, a change, a fault by hand, a grade; an alert that fires is none until somebody does
    something. Mitigate and resolve are the end of the first grade that shows it. While a lab is stopped time goes on.

    ## What was changed

    \(changed)

    ## To be filled in

    - Who was hurt, how many, and what did they see?
    - What told us, and what should have told us sooner?
    - Which was the first wrong trail, and what made it look right?
    - Why did it happen? Ask why again until the answer is something that can be changed.
    - What went well, and what was luck?
    - What made the repair slow: access, knowledge, tools, fear?

    ## What will be done

    | what | prevents, detects or mitigates | owner | until |
    |---|---|---|---|
    | | | | |

    """
  }

  private var moments: String {
    timeline.moments.map { moment in
      let since = Int((moment.at - timeline.harm).rounded())
      let time = Date(timeIntervalSince1970: moment.at).ISO8601Format()
      return "- \(time) (\(since < 0 ? "-" : "+")\(Self.clock(abs(since)))) \(moment.what)"
    }.joined(separator: "\n")
  }

  private var times: String {
    let took: [String: Double?] = [
      "detect": timeline.noticed?.at, "mitigate": timeline.reached(.mitigated)?.at,
      "resolve": timeline.reached(.resolved)?.at,
    ]
    return Self.targets.map { target in
      let goal = Self.clock(Int((target.seconds / scale).rounded()))
      guard let at = took[target.what] else { return "| \(target.what) | to be filled in | \(goal) |" }
      guard let at else { return "| \(target.what) | not yet | \(goal) |" }
      let seconds = at - timeline.harm
      let word = seconds <= target.seconds / scale ? "" : " (missed)"
      return "| \(target.what) | \(Self.clock(Int(seconds.rounded())))\(word) | \(goal) |"
    }.joined(separator: "\n")
  }

  private var changed: String {
    guard !diff.isEmpty else { return "No file of the lab differs from how it began." }
    // A fence that is longer than any in the text.
    let lines = diff.components(separatedBy: "\n")
    let longest = lines.map { line in line.drop { " +-".contains($0) }.prefix { $0 == "`" }.count }.max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)diff\n\(diff.trimmingCharacters(in: .newlines))\n\(fence)"
  }

  /// Seconds as `1:05` or `1:00:05`.
  static func clock(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }
}
