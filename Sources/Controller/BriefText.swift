public import DrillCore
import Foundation

/// The brief of a lab: what happened, and what is required.
public enum BriefText {
  /// How the lines of a contract begin that tell what `prevented` takes.
  private static let prevention = "Prevented:"

  /// The brief as a document.
  ///
  /// - Parameters:
  ///   - title: the scenario's, or the number of a blind lab.
  ///   - prevention: whether it says what `prevented` requires. That has to describe the failure, so a blind lab's
  ///     brief says it only to who asks.
  public static func markdown(of scenario: Scenario, title: String, prevention: Bool) -> String {
    let told = scenario.contract.filter { prevention || !$0.hasPrefix(Self.prevention) }
    var lines = told.map { "- \($0)\n" }
    if told.count < scenario.contract.count {
      lines.append(
        "- What `prevented` requires besides would tell much of what is wrong, and is left out here: `firedrill brief "
          + "--prevented` says it.\n")
    }
    let story = scenario.brief.trimmingCharacters(in: .newlines)
    return "# \(title)\n\n\(story)\n\n## What is required\n\n\(lines.joined())"
  }
}
