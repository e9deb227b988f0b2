/// Splits a command line into words as a shell does, without expanding anything.
enum ShellWords {
  /// The words, or nil if a quote isn't closed or a backslash ends the line.
  ///
  /// Within '...' everything is plain; within "..." a backslash quotes `"`, `\`, `$` and a back quote; outside it
  /// quotes anything. (POSIX shell, "Quoting")
  static func split(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var characters = line.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case (nil, "\\"):
        guard let next = characters.next() else { return nil }
        if next != "\n" { word = (word ?? "") + String(next) }
      case (nil, "'"), (nil, "\""):
        quote = character
        word = word ?? ""
      case (nil, _) where character.isWhitespace:
        if let done = word { words.append(done) }
        word = nil
      case ("\"", "\\"):
        guard let next = characters.next() else { return nil }
        word = (word ?? "") + ("\"\\$`".contains(next) ? String(next) : "\\\(next)")
      case (let open?, _) where open == character:
        quote = nil
      default:
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else { return nil }
    if let word { words.append(word) }
    return words
  }
}
