#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whether a trainee has worked on prevention at all: without that, `prevented` isn't tried.
enum Prevention {
  /// What belongs to it, from the lab's folder.
  private static let places = ["prometheus", "preflight"]

  /// Whether rules or preflight differ from the pristine copy; also true where there is no copy to compare with.
  static func differs(lab: String, pristine: String) -> Bool {
    guard FileManager.default.fileExists(atPath: pristine) else { return true }
    return places.contains { contents("\(lab)/\($0)") != contents("\(pristine)/\($0)") }
  }

  private static func contents(_ path: String) -> [String: Data] {
    let files = FileManager.default
    var isFolder = false
    #if canImport(FoundationEssentials)
      guard files.fileExists(atPath: path, isDirectory: &isFolder) else { return [:] }
    #else
      var flag: ObjCBool = false
      guard files.fileExists(atPath: path, isDirectory: &flag) else { return [:] }
      isFolder = flag.boolValue
    #endif
    guard isFolder else { return ["": files.contents(atPath: path) ?? Data()] }
    var result: [String: Data] = [:]
    for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] {
      for (inner, data) in contents("\(path)/\(name)") { result["\(name)/\(inner)"] = data }
    }
    return result
  }
}
