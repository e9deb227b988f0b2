import CPlatform
import Glibc
import Synchronization

/// Runs jobs and posted closures on a thread of its own, in the order they came, with the loop's input and timers
/// between.
///
/// @unchecked: `inbox` is guarded by its mutex; `thread` is atomic;
/// `wakeup` is a descriptor that never changes.
final class ReactorExecutor: SerialExecutor, @unchecked Sendable {
  private enum Item {
    case job(UnownedJob)
    case work(@Sendable @Reactor () -> Void)
  }

  private struct Inbox {
    var items: [Item] = []
    /// The thread is, or is about to be, inside epoll_wait: whoever adds an item must wake it.
    var sleeping = false
  }

  private let inbox = Mutex(Inbox())
  private let wakeup: Int32
  private let thread = Atomic<UInt>(0)

  init() {
    wakeup = cplatform_eventfd_create()
    precondition(wakeup >= 0, "eventfd: \(String(cString: strerror(errno)))")
    let hasStarted = startThread(named: "reactor") { [self] in run() }
    precondition(hasStarted, "no thread for the reactor")
  }

  func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

  func post(_ body: @escaping @Sendable @Reactor () -> Void) { add(.work(body)) }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() { precondition(isIsolatingCurrentContext() == true, "not on the reactor's thread") }

  func isIsolatingCurrentContext() -> Bool? {
    thread.load(ordering: .relaxed) == pthread_self()
  }

  private func add(_ item: Item) {
    let mustWake = inbox.withLock { inbox in
      inbox.items.append(item)
      defer { inbox.sleeping = false }
      return inbox.sleeping
    }
    if mustWake { cplatform_eventfd_signal(wakeup) }
  }

  private func run() {
    thread.store(pthread_self(), ordering: .relaxed)
    let wakeup = self.wakeup
    Reactor.assumeIsolated { Reactor.loop.watchWakeup(wakeup) }
    var batch: [Item] = []
    while true {
      inbox.withLock { swap(&$0.items, &batch) }
      for item in batch {
        switch item {
        case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        // Called inside a closure of its own: handed over as it is, each `body` would stay for ever (Swift 6.3).
        case .work(let body): Reactor.assumeIsolated { body() }
        }
      }
      batch.removeAll(keepingCapacity: true)
      Reactor.assumeIsolated { Reactor.loop.runDue() }
      let idle = inbox.withLock { inbox in
        inbox.sleeping = inbox.items.isEmpty
        return inbox.sleeping
      }
      let ready = Reactor.assumeIsolated { Reactor.loop.wait(block: idle) }
      inbox.withLock { $0.sleeping = false }
      if ready > 0 { Reactor.assumeIsolated { Reactor.loop.dispatch(ready) } }
    }
  }
}

/// Starts a detached thread that takes no signals: they belong to the program's own threads, and a write to a closed
/// socket must end in EPIPE, not in SIGPIPE.
///
/// - Parameter stackSize: in bytes; nil: the system's.
/// - Returns: false when the system has none to give, as at its limit of processes.
func startThread(named name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) -> Bool {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let box = Unmanaged.passRetained(
    Box {
      cplatform_name_thread(name)
      body()
    })
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
  var every = sigset_t()
  var before = sigset_t()
  sigfillset(&every)
  pthread_sigmask(SIG_SETMASK, &every, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, &attributes,
    { argument in
      if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, box.toOpaque())
  if failure != 0 { box.release() }
  return failure == 0
}
