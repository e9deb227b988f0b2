import DrillCore
import Synchronization

/// A load on its way: sends a schedule on time, whatever the other side does, and records what becomes of each request.
///
/// Open loop: a request that is due while too many are in flight is dropped and counted; none is ever delayed.
public struct Stream: Sendable {
  /// The stream's name in the history.
  public var name: String
  /// The phase that it belongs to.
  public var phase: String
  /// What is sent, and when.
  public var schedule: Schedule
  /// The address of the gateway, `http://host:port`.
  public var base: String
  /// How long a request waits for its reply.
  public var patience: Duration
  /// The most requests in flight.
  public var inFlight: Int
  /// How many users there are.
  public var users: Int
  /// Reply headers that the users send back.
  public var echo: [String]

  /// A stream that is ready to be sent.
  public init(
    name: String, phase: String, schedule: Schedule, base: String = "", patience: Duration, inFlight: Int = 1024,
    users: Int = 1, echo: [String] = []
  ) {
    self.name = name
    self.phase = phase
    self.schedule = schedule
    self.base = base
    self.patience = patience
    self.inFlight = inFlight
    self.users = users
    self.echo = echo
  }

  /// How many go out in a row that are late.
  private static let batch = 16

  /// Sends the schedule, the first request now; returns when the last one is done. When `stop` is set, what is not due
  /// yet is given up (and not counted as planned), and what is in flight is waited for.
  public func run(with client: LoadClient, recorder: HistoryRecorder, stop: StopFlag = StopFlag()) async -> StreamReport
  {
    let begin = recorder.now
    let sender = Sender(
      stream: name, users: Users(count: users, base: base, echo: echo), patience: patience, client: client,
      recorder: recorder)
    let flight = Flight()
    let labels = ["stream": name, "phase": phase]
    recorder.record(
      .sample(SampleEvent(name: "load.planned", value: Double(schedule.requests.count), labels: labels)), at: begin)
    var left = schedule.requests.count
    await client.withRequests { group in
      var late = 0
      for planned in schedule.requests {
        let due = begin + planned.at
        late = recorder.now < due ? 0 : late + 1
        // After a stall many are due at once. Replies that have come free connections; without them each request would
        // open one of its own, which takes longer than the request, and the stall would never end.
        if late > 0, late.isMultiple(of: Self.batch) { await client.breathe() }
        guard await client.wait(until: due, of: recorder, stop: stop) else { break }
        left -= 1
        guard flight.takeOff(limit: inFlight) else {
          flight.drop()
          let event = RequestEvent(
            stream: name, op: planned.operation.rawValue, target: planned.target?.name, scheduled: due,
            outcome: .dropped)
          recorder.record(.request(event))
          continue
        }
        group.addTask {
          let event = await sender.send(planned, due: due)
          flight.land(event)
          recorder.record(.request(event))
        }
      }
    }
    if left > 0, stop.isSet {
      recorder.record(.sample(SampleEvent(name: "load.planned", value: -Double(left), labels: labels)))
    }
    let report = flight.report(scheduled: schedule.requests.count - (stop.isSet ? left : 0))
    for (name, value) in report.samples {
      recorder.record(.sample(SampleEvent(name: name, value: value, labels: labels)))
    }
    return report
  }
}

/// Says to streams that they may stop.
public final class StopFlag: Sendable {
  private let flag = Mutex(false)

  /// A flag that is not set.
  public init() {}

  /// Whether somebody said stop.
  public var isSet: Bool { flag.withLock { $0 } }

  /// Says stop.
  public func set() { flag.withLock { $0 = true } }
}
