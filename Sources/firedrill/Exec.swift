import Engine
import Foundation

/// Replaces this process by another program; returns only by throwing.
func become(_ command: [String], environment: [String: String] = [:]) throws -> Never {
  for (key, value) in environment { setenv(key, value, 1) }
  signal(SIGPIPE, SIG_DFL)
  fflush(nil)
  var vector: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
  vector.append(nil)
  vector.withUnsafeBufferPointer { pointers in
    if let base = pointers.baseAddress, let program = base.pointee { _ = execvp(program, base) }
  }
  throw EngineError("cannot run \(command.first ?? ""): \(String(cString: strerror(errno)))", code: .missingPart)
}
