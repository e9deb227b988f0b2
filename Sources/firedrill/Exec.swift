import Engine
import Foundation

/// Replaces this process by another program; returns only by throwing.
func become(_ command: [String], environment: [String: String] = [:]) throws -> Never {
  for (key, value) in environment { setenv(key, value, 1) }
  signal(SIGPIPE, SIG_DFL)
  // Dispatch keeps signals away from its threads, of which this is one; the program would inherit that and never hear
  // of Ctrl-C.
  var none = sigset_t()
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, nil)
  fflush(nil)
  var vector: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
  vector.append(nil)
  vector.withUnsafeBufferPointer { pointers in
    if let base = pointers.baseAddress, let program = base.pointee { _ = execvp(program, base) }
  }
  throw EngineError("cannot run \(command.first ?? ""): \(String(cString: strerror(errno)))", code: .missingPart)
}
