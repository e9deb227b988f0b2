import DrillCore
import Synchronization

/// Users who read their own writes: each opens a session, places an order and, a while after the reply, reads it with
/// the cookies and the headers that the shop gave until then.
///
/// Users come on time, whatever becomes of those before them. In the history these are requests of the stream. The read
/// has the operation `order-read`, the order's id as `key` and label `order`, its products in cart order as label `sku`
/// (`SKU-0007,SKU-0001`), and the planned delay as value `delay_ms`; `scheduled` is the moment when it was due: the
/// write's `done` and the delay. An order that nobody acknowledged has no read.
public struct FollowStream: Sendable {
  /// The stream's name in the history.
  public var name: String
  /// The phase that it belongs to.
  public var phase: String
  /// Who comes, and when.
  public var schedule: FollowSchedule
  /// The address of the gateway, `http://host:port`.
  public var base: String
  /// How long a user waits for each reply.
  public var patience: Duration
  /// The most requests in flight; what is due beyond it is dropped and counted.
  public var inFlight: Int
  /// Reply headers that the users send back.
  public var echo: [String]

  /// A stream that is ready to be sent.
  public init(
    name: String = "follow", phase: String, schedule: FollowSchedule, base: String, patience: Duration,
    inFlight: Int = 1024, echo: [String] = []
  ) {
    self.name = name
    self.phase = phase
    self.schedule = schedule
    self.base = base
    self.patience = patience
    self.inFlight = inFlight
    self.echo = echo
  }

  /// Session, order and read.
  private static let requestsOfOne = 3

  /// Lets the users come, the first part of the window beginning now; returns when the last one is done. When `stop` is
  /// set, what is not due yet is given up (and not counted as planned).
  public func run(with client: LoadClient, recorder: HistoryRecorder, stop: StopFlag = StopFlag()) async -> StreamReport
  {
    let begin = recorder.now
    let users = Users(count: schedule.sessions.count, base: base, echo: echo)
    let run = FollowRun(
      sender: Sender(stream: name, users: users, patience: patience, client: client, recorder: recorder),
      recorder: recorder, stop: stop, limit: inFlight)
    let labels = ["stream": name, "phase": phase]
    let planned = schedule.sessions.count * Self.requestsOfOne
    recorder.record(.sample(SampleEvent(name: "load.planned", value: Double(planned), labels: labels)), at: begin)
    await client.withRequests { group in
      for (user, session) in schedule.sessions.enumerated() {
        let due = begin + session.at
        guard await client.wait(until: due, of: recorder, stop: stop) else {
          if stop.isSet { run.giveUp((schedule.sessions.count - user) * Self.requestsOfOne) }
          break
        }
        group.addTask { await run.follow(session, user: user, due: due) }
      }
    }
    if run.givenUp > 0 {
      recorder.record(.sample(SampleEvent(name: "load.planned", value: -Double(run.givenUp), labels: labels)))
    }
    let report = run.flight.report(scheduled: planned - run.givenUp)
    for (name, value) in report.samples {
      recorder.record(.sample(SampleEvent(name: name, value: value, labels: labels)))
    }
    return report
  }
}

/// A follow stream on its way.
private final class FollowRun: Sendable {
  let flight = Flight()
  private let sender: Sender
  private let recorder: HistoryRecorder
  private let stop: StopFlag
  private let limit: Int
  private let withdrawn = Mutex(0)

  init(sender: Sender, recorder: HistoryRecorder, stop: StopFlag, limit: Int) {
    self.sender = sender
    self.recorder = recorder
    self.stop = stop
    self.limit = limit
  }

  /// Planned requests that are not made because what they need is missing, or because of the stop flag.
  var givenUp: Int { withdrawn.withLock { $0 } }

  func giveUp(_ count: Int) { withdrawn.withLock { $0 += count } }

  func follow(_ session: PlannedFollow, user: Int, due: Int64) async {
    func planned(_ operation: DrillCore.Operation) -> PlannedRequest {
      PlannedRequest(
        at: session.at, user: user, operation: operation, items: session.items, id: session.id, target: nil)
    }
    let opened = await attempt(planned(.session), due: due)
    record(opened)
    guard opened.outcome == .ok, let open = opened.done else { return giveUp(2) }
    if stop.isSet { return giveUp(2) }

    var written = await attempt(planned(.order), due: open)
    let order = written.op == DrillCore.Operation.order.rawValue ? written.labels?["order"] : nil
    if written.outcome == .ok, order == nil { written.code = "no_order" }
    record(written)
    guard written.outcome == .ok, let order, let done = written.done else { return giveUp(1) }

    let readDue = done + session.delay
    guard await sender.client.wait(until: readDue, of: recorder, stop: stop) else {
      // Somebody who was cancelled leaves a gap in the plan, and it shows.
      if stop.isSet { giveUp(1) }
      return
    }
    var read = await attempt(planned(.orderRead), due: readDue)
    read.key = order
    read.labels = (read.labels ?? [:]).merging(
      ["order": order, "sku": session.items.map(\.sku).joined(separator: ",")]
    ) { $1 }
    read.values = (read.values ?? [:]).merging(["delay_ms": session.delay / 1_000_000]) { $1 }
    record(read)
  }

  private func record(_ event: RequestEvent) { recorder.record(.request(event)) }

  private func attempt(_ planned: PlannedRequest, due: Int64) async -> RequestEvent {
    guard flight.takeOff(limit: limit) else {
      flight.drop()
      return RequestEvent(
        stream: sender.stream, op: planned.operation.rawValue, scheduled: due, outcome: .dropped)
    }
    let event = await sender.send(planned, due: due)
    flight.land(event)
    return event
  }
}
