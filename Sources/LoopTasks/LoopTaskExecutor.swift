public import NIOCore

/// Runs tasks on an event loop's thread: what an event of the loop sets going goes on there, and no thread is woken.
///
/// Between the loop and Swift's own threads each request changes sides twice, and on a small machine that costs more
/// than most requests do themselves. Tasks that run here must not block, as nothing on an event loop may.
public final class LoopTaskExecutor: TaskExecutor {
  private let loop: any EventLoop

  /// For the tasks of `withTaskExecutorPreference`, which the tasks of their groups inherit.
  public init(_ loop: any EventLoop) { self.loop = loop }

  /// Runs the job with the loop's next turn.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
