#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The text form of timestamptz under the ISO DateStyle, the server's default; any other style is refused.
enum PostgresTimestamp {
  private static let microsecondsPerDay = 86_400_000_000

  /// `2026-11-21 03:04:05.678901+00`, rounded to the microsecond. Outside the years -4712...294276 the server refuses.
  static func text(of date: Date) -> String {
    let seconds = date.timeIntervalSince1970
    guard seconds.isFinite, abs(seconds) < 1e13 else { return seconds < 0 ? "-infinity" : "infinity" }
    let total = Int((seconds * 1e6).rounded())
    let (day, inDay) = floorDivide(total, microsecondsPerDay)
    let (year, month, dayOfMonth) = civil(fromDays: day)
    let second = inDay / 1_000_000
    let shown = year > 0 ? year : 1 - year
    let clock = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    return "\(pad(shown, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2)) \(clock).\(pad(inDay % 1_000_000, 6))+00"
      + (year > 0 ? "" : " BC")
  }

  /// nil when the text is not a timestamptz in ISO style. `infinity` is the distant future.
  static func date(from text: UnsafeBufferPointer<UInt8>) -> Date? {
    var scanner = Scanner(text: text)
    if scanner.skip("infinity") { return scanner.isAtEnd ? .distantFuture : nil }
    if scanner.skip("-infinity") { return scanner.isAtEnd ? .distantPast : nil }
    guard var year = scanner.number(), scanner.skip("-"), let month = scanner.number(), (1...12).contains(month),
      scanner.skip("-"), let day = scanner.number(), (1...31).contains(day), scanner.skip(" "),
      let hour = scanner.number(), scanner.skip(":"), let minute = scanner.number(), scanner.skip(":"),
      let second = scanner.number()
    else { return nil }
    var microseconds = 0
    if scanner.skip(".") {
      guard let fraction = scanner.fraction(digits: 6) else { return nil }
      microseconds = fraction
    }
    guard let offset = scanner.offset() else { return nil }
    if scanner.skip(" BC") { year = 1 - year }
    guard scanner.isAtEnd else { return nil }
    let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Date(timeIntervalSince1970: Double(seconds) + Double(microseconds) / 1e6)
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
  }

  private static func floorDivide(_ value: Int, _ by: Int) -> (Int, Int) {
    let remainder = value % by
    return remainder < 0 ? (value / by - 1, remainder + by) : (value / by, remainder)
  }

  // Days since 1970-01-01 in the proleptic Gregorian calendar, by 400-year eras that begin in March, so that the leap
  // day is the last of its year.
  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(shifted, 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension PostgresTimestamp {
  private struct Scanner {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ literal: StaticString) -> Bool {
      guard position + literal.utf8CodeUnitCount <= text.count else { return false }
      for index in 0..<literal.utf8CodeUnitCount where text[position + index] != literal.utf8Start[index] {
        return false
      }
      position += literal.utf8CodeUnitCount
      return true
    }

    mutating func number() -> Int? {
      let start = position
      var value = 0
      while position < text.count, position - start < 9, let digit = digit(at: position) {
        value = value * 10 + digit
        position += 1
      }
      return position > start ? value : nil
    }

    mutating func fraction(digits: Int) -> Int? {
      let start = position
      guard var value = number(), position - start <= digits else { return nil }
      for _ in (position - start)..<digits { value *= 10 }
      return value
    }

    /// Seconds east of UTC from `+05`, `-03:30` or `+05:53:28`.
    mutating func offset() -> Int? {
      let sign: Int
      if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
      guard let hours = number() else { return nil }
      var seconds = hours * 3600
      if skip(":") {
        guard let minutes = number() else { return nil }
        seconds += minutes * 60
        if skip(":") {
          guard let rest = number() else { return nil }
          seconds += rest
        }
      }
      return sign * seconds
    }

    private func digit(at index: Int) -> Int? {
      let byte = text[index]
      return byte >= 48 && byte <= 57 ? Int(byte - 48) : nil
    }
  }
}
