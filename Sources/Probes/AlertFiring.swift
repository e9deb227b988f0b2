#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A time in which an alert fired; one that comes back within a minute has not gone.
public struct AlertFiring: Sendable, Equatable {
  /// How long an alert is silent before it counts as another one, in seconds.
  private static let silence = 60.0

  /// The alert's name.
  public var name: String
  /// When it was first seen to fire, in seconds since 1970.
  public var begin: Double

  private struct Answer: Decodable {
    struct Content: Decodable { var result: [Series] }
    struct Series: Decodable {
      var metric: [String: String]
      var values: [Point]
    }
    struct Point: Decodable {
      var at: Double
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        at = try list.decode(Double.self)
      }
    }
    var data: Content
  }

  /// Reads what `/api/v1/query_range` answers for `ALERTS`; the oldest first.
  static func all(in body: Data) throws -> [AlertFiring] {
    var all: [AlertFiring] = []
    for series in try JSONDecoder().decode(Answer.self, from: body).data.result {
      var last = -Double.infinity
      for point in series.values {
        if point.at - last > silence {
          all.append(AlertFiring(name: series.metric["alertname"] ?? "", begin: point.at))
        }
        last = point.at
      }
    }
    return all.sorted { ($0.begin, $0.name) < ($1.begin, $1.name) }
  }
}
