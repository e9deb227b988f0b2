/// What a grade says while it goes on: the moments at which the harness is put into trouble.
public enum GradeLine {
  /// The seconds of the window that begins with this line: `sweep and users for 10.0 s`.
  public static func window(_ line: some StringProtocol) -> Double? {
    let words = line.split(separator: " ")
    guard words.count >= 4, words.last == "s", words[words.count - 3] == "for",
      let seconds = Double(words[words.count - 2]), seconds > 0
    else { return nil }
    return seconds
  }

  /// Whether the trial of that name begins with this line.
  public static func begins(_ line: some StringProtocol, trial: String) -> Bool { line == "trial \(trial)" }
}
