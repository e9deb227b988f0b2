import DrillCore

/// Makes one request of a stream and tells what it came to.
struct Sender: Sendable {
  /// The stream's name in the history.
  let stream: String
  let users: Users
  /// How long a request waits for its reply.
  let patience: Duration
  let client: LoadClient
  let recorder: HistoryRecorder

  /// Makes the request that was due at `due`, in the recorder's time; `nil` for one that is due when it is sent.
  func send(_ planned: PlannedRequest, due: Int64?) async -> RequestEvent {
    let made = users.make(planned)
    let sent = recorder.now
    var event = RequestEvent(
      stream: stream, op: made.operation.rawValue, target: planned.target?.name, scheduled: due ?? sent, sent: sent,
      outcome: .unknown, key: made.key)
    let answer = await client.send(made.call, patience: patience)
    event.done = recorder.now
    users.absorb(answer, of: made, planned, into: &event)
    return event
  }
}

extension LoadClient {
  /// Waits until `due`, in the recorder's time. Returns early, and says `false`, when `stop` is set or the task is
  /// cancelled.
  func wait(until due: Int64, of recorder: HistoryRecorder, stop: StopFlag) async -> Bool {
    while !stop.isSet, !Task.isCancelled {
      let now = recorder.now
      guard now < due else { return true }
      // Neither wakes anybody, so somebody who waits for long looks ten times a second.
      await pause(.nanoseconds(min(due - now, 100_000_000)))
    }
    return false
  }
}
