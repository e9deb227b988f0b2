public import DrillCore
import Synchronization

/// A closed loop: each client sends its next request when the last is done. For goodput; where latency is judged, use
/// a `Stream`, which a slow shop can't slow down.
///
/// `scheduled` of its events is `sent`. That the generator itself was slow shows in the lateness of its report and
/// samples: from the moment when a client could have gone on until it did.
public struct SaturateStream: Sendable {
  /// The stream's name in the history.
  public var name: String
  /// The phase that it belongs to.
  public var phase: String
  /// How many clients ask what.
  public var plan: SaturatePlan
  /// Which products, carts and echoed headers they have: those of the users.
  public var load: LoadPlan
  /// The address of the gateway, `http://host:port`.
  public var base: String
  /// The nodes that are asked directly, in turn; empty for the gateway.
  public var targets: [PlannedRequest.Target]
  /// What every request is drawn from, with the stream's name and the client's number.
  public var seed: UInt64
  /// The products that all of them want, each as likely; `nil` for those of the load.
  public var goods: [String]?
  /// Tells this stream from others of the same name in a grade: they ask with other ids, in another order.
  public var series = ""

  /// A stream that is ready to be sent.
  public init(
    name: String, phase: String, plan: SaturatePlan, load: LoadPlan, base: String = "",
    targets: [PlannedRequest.Target] = [], seed: UInt64
  ) {
    self.name = name
    self.phase = phase
    self.plan = plan
    self.load = load
    self.base = base
    self.targets = targets
    self.seed = seed
  }

  /// The requests of the client number `client`, from 0, one after the other without end.
  public func requests(of client: Int) -> SaturateRequests {
    SaturateRequests(self, client: client, shopping: Shopping(load, seed: seed, goods: goods))
  }

  /// Keeps every client busy for `length`, from now on, then waits for what is in flight. When `stop` is set, it is
  /// over at once, and what is measured is the time until then.
  ///
  /// The client needs as many connections to a host as the plan has clients: `LoadClient.with(connectionsPerHost:)`.
  public func run(
    for length: Duration, with client: LoadClient, recorder: HistoryRecorder, stop: StopFlag = StopFlag()
  ) async -> SaturateReport {
    let begin = recorder.now
    let end = begin + HistoryRecorder.nanoseconds(length)
    let count = max(plan.clients, 1)
    let users = Users(count: count, base: base, echo: load.echo)
    let loop = ClosedLoop(
      sender: Sender(stream: name, users: users, patience: plan.patience, client: client, recorder: recorder),
      recorder: recorder, stop: stop, think: HistoryRecorder.nanoseconds(plan.think),
      pause: HistoryRecorder.nanoseconds(plan.pause), end: end)
    let labels = ["stream": name, "phase": phase]
    func sample(_ name: String, _ value: Double, at time: Int64? = nil) {
      recorder.record(.sample(SampleEvent(name: name, value: value, labels: labels)), at: time)
    }
    // Nobody knows yet how many there will be, but each client makes one.
    sample("load.planned", Double(count), at: begin)
    let shopping = Shopping(load, seed: seed, goods: goods)
    await client.withRequests { group in
      for number in 0..<count {
        let requests = SaturateRequests(self, client: number, shopping: shopping)
        group.addTask { await loop.work(requests, from: begin) }
      }
    }
    let over = min(loop.over ?? end, end)
    var report = loop.flight.report(scheduled: 0)
    report.scheduled = report.sent
    let result = SaturateReport(
      stream: report, okInTime: loop.okInTime, length: .nanoseconds(max(over - begin, 1)))
    if report.sent != count, !Task.isCancelled { sample("load.planned", Double(report.sent - count)) }
    sample("load.goodput_per_s", result.goodput)
    for (name, value) in report.samples { sample(name, value) }
    return result
  }
}

/// The requests of one client of a closed loop, drawn when they are needed: nobody knows how many there will be.
public struct SaturateRequests: Sendable {
  private let mix: WeightedChoice
  private let shopping: Shopping
  private let targets: [PlannedRequest.Target]
  private let client: Int
  private var random: SeededRandom
  private var made = 0

  init(_ stream: SaturateStream, client: Int, shopping: Shopping) {
    mix = WeightedChoice(stream.plan.mix)
    self.shopping = shopping
    targets = stream.targets
    self.client = client
    random = SeededRandom(seed: stream.seed, name: "\(stream.name)\(stream.series).client.\(client)")
  }

  /// The next request; its time `at` is 0, for it goes out when its turn comes.
  public mutating func next() -> PlannedRequest {
    let operation = mix.pick(&random) ?? .browse
    // Each client begins at another node.
    let target = targets.isEmpty ? nil : targets[(client + made) % targets.count]
    made += 1
    return PlannedRequest(
      at: 0, user: client, operation: operation, items: shopping.items(for: operation, &random), id: random.uuid(),
      target: target)
  }
}

/// What a closed loop measured.
public struct SaturateReport: Sendable, Equatable {
  /// What became of the requests, also of those that were still in flight at the end.
  public var stream: StreamReport
  /// 2xx replies that came in before the end.
  public var okInTime: Int
  /// How long was measured.
  public var length: Duration

  /// 2xx replies a second.
  public var goodput: Double {
    let seconds = Double(HistoryRecorder.nanoseconds(length)) / 1e9
    return seconds > 0 ? Double(okInTime) / seconds : 0
  }

  /// Requests that came to something else: refused, failed or cut.
  public var others: Int { stream.sent - stream.ok }
}

/// A closed loop on its way.
private final class ClosedLoop: Sendable {
  let flight = Flight()
  private let sender: Sender
  private let recorder: HistoryRecorder
  private let stop: StopFlag
  private let think: Int64
  private let pause: Int64
  private let end: Int64
  private let sums = Mutex<(ok: Int, over: Int64?)>((0, nil))

  init(sender: Sender, recorder: HistoryRecorder, stop: StopFlag, think: Int64, pause: Int64, end: Int64) {
    self.sender = sender
    self.recorder = recorder
    self.stop = stop
    self.think = think
    self.pause = pause
    self.end = end
  }

  var okInTime: Int { sums.withLock { $0.ok } }

  /// When somebody saw the stop flag first, or was cancelled; `nil` when nobody did.
  var over: Int64? { sums.withLock { $0.over } }

  /// One client: request after request until the end.
  func work(_ requests: SaturateRequests, from begin: Int64) async {
    var requests = requests
    var due = begin
    while due < end {
      guard await sender.client.wait(until: due, of: recorder, stop: stop) else {
        let now = recorder.now
        return sums.withLock { $0.over = min($0.over ?? now, now) }
      }
      // A generator that stood still until after the end is over as well.
      guard recorder.now < end, flight.takeOff(limit: .max) else { return }
      let event = await sender.send(requests.next(), due: nil)
      flight.land(event, lateness: event.sent.map { $0 - due })
      recorder.record(.request(event))
      let done = event.done ?? recorder.now
      if event.outcome == .ok { sums.withLock { if done <= min($0.over ?? end, end) { $0.ok += 1 } } }
      due = done + (event.outcome == .ok ? think : pause)
    }
  }
}
