import Glibc

/// Points in time as RFC 3339 text in UTC, without Foundation's calendars.
public enum Timestamp {
  /// Now, with microseconds: `2026-11-21T10:15:00.123456Z`.
  public static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return text(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// A point in time given in microseconds since 1970 (negative before).
  public static func text(microseconds: Int64) -> String {
    let (seconds, micros) = floorDivide(microseconds, 1_000_000)
    let (days, ofDay) = floorDivide(seconds, 86_400)
    let (year, month, day) = civil(days)
    return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2) + "T" + digits(ofDay / 3600, 2) + ":"
      + digits(ofDay / 60 % 60, 2) + ":" + digits(ofDay % 60, 2) + "." + digits(micros, 6) + "Z"
  }

  private static func floorDivide(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = (number % divisor + divisor) % divisor
    return ((number - remainder) / divisor, remainder)
  }

  /// Days since 1970 to a date of the Gregorian calendar, by counting in eras of 400 years from 1 March of year 0.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, ofEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func digits(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
