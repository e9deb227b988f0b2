import Configuration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Something wrong with one setting: which, what it said, and what would be right.
public struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
  /// The environment variable.
  public var key: String
  /// What it says; nil when it isn't set.
  public var value: String?
  /// What it may say.
  public var allowed: String

  /// One line for the person who starts the service.
  public var description: String {
    value.map { "\(key)=\($0): must be \(allowed)" } ?? "\(key) is not set: must be \(allowed)"
  }
}

/// Every problem of a start, together.
public struct SettingsError: Error, CustomStringConvertible {
  /// The problems, in the order in which the settings were read.
  public var problems: [SettingsProblem]

  /// One line a problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Reads settings and collects what is wrong with them instead of stopping at the first problem.
///
/// A read always returns a usable value, so reading goes on; `finish()` throws when there was any problem. A variable
/// that is set to nothing counts as not set, as Compose's `${NAME:-}` leaves it.
public struct SettingsReader {
  private let config: ConfigReader
  private let names: [String]
  /// What is wrong so far.
  public private(set) var problems: [SettingsProblem] = []
  private(set) var readKeys: Set<String> = []

  /// Reads from the process's environment.
  public init() {
    self.init(environment: ProcessInfo.processInfo.environment)
  }

  /// Reads from the given variables.
  public init(environment: [String: String]) {
    config = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
    names = Array(environment.keys)
  }

  /// Ends reading.
  /// - Throws: `SettingsError` with every problem there was.
  public func finish() throws {
    if !problems.isEmpty { throw SettingsError(problems: problems) }
  }

  /// Variables with this beginning that nobody has read: most likely misspelt.
  public func unknownKeys(prefix: String) -> [String] {
    names.filter { $0.hasPrefix(prefix) && !readKeys.contains($0) }.sorted()
  }

  /// Notes a problem that only shows when several settings are seen together.
  public mutating func report(_ key: String, value: String?, allowed: String) {
    problems.append(SettingsProblem(key: key, value: value, allowed: allowed))
  }

  /// The variable's text, or nil when it isn't set or empty.
  public mutating func optionalText(_ key: String) -> String? {
    readKeys.insert(key)
    let path = key.lowercased().split(separator: "_").map(String.init)
    guard let text = config.string(forKey: ConfigKey(path)), !text.isEmpty else { return nil }
    return text
  }

  /// A text.
  public mutating func text(
    _ key: String, default fallback: String, allowed: String = "a text",
    where isAllowed: (String) -> Bool = { _ in true }
  ) -> String {
    guard let text = optionalText(key) else { return fallback }
    guard isAllowed(text) else {
      report(key, value: text, allowed: allowed)
      return fallback
    }
    return text
  }

  /// A text that must be set.
  public mutating func requiredText(_ key: String, allowed: String) -> String {
    guard let text = optionalText(key) else {
      report(key, value: nil, allowed: allowed)
      return ""
    }
    return text
  }

  /// A whole number within a range.
  public mutating func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>, unit: String) -> Int {
    guard let text = optionalText(key) else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      report(key, value: text, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))")
      return fallback
    }
    return number
  }

  /// A duration given in milliseconds.
  public mutating func milliseconds(
    _ key: String, default fallback: Int, in range: ClosedRange<Int> = 1...600_000
  ) -> Duration {
    .milliseconds(integer(key, default: fallback, in: range, unit: "ms"))
  }

  /// A number within a range.
  public mutating func number(
    _ key: String, default fallback: Double, in range: ClosedRange<Double>, unit: String
  ) -> Double {
    guard let text = optionalText(key) else { return fallback }
    guard let number = Double(text), range.contains(number) else {
      report(key, value: text, allowed: "a number from \(range.lowerBound) to \(range.upperBound) (\(unit))")
      return fallback
    }
    return number
  }

  /// One of a few words.
  public mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, default fallback: Choice
  ) -> Choice {
    guard let text = optionalText(key) else { return fallback }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      report(key, value: text, allowed: "one of \(words)")
      return fallback
    }
    return choice
  }

  /// The contents of the file that a variable names, without the line end; nil when the variable isn't set.
  ///
  /// Only the file's path is ever reported, not what it holds.
  public mutating func secretFile(_ key: String) -> String? {
    guard let path = optionalText(key) else { return nil }
    guard var text = FileText.read(path) else {
      report(key, value: path, allowed: "the path of a file that this service can read")
      return nil
    }
    while let last = text.last, last.isNewline { text.removeLast() }
    return text
  }
}
