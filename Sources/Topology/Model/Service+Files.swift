#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Topology.Service {
  /// Files and folders of the lab that the nodes depend on, relative to the lab's folder, sorted.
  ///
  /// They are found by their mention as `/lab/...` in the command line, the environment and the health check, and by
  /// the mounts. A mount of the whole lab says nothing about what is used, so it counts for nothing.
  public var labPaths: [String] { judge ? mentions(of: "/lab/") : ownPaths }

  /// `labPaths`, or for a service that judges the same in the judge's folder, which its nodes see as `/judge`.
  public var ownPaths: [String] {
    var paths = Set(mentions(of: judge ? "/judge/" : "/lab/"))
    for case .folder(let path) in mounts.map(\.source) where path != "." { paths.insert(path) }
    return paths.sorted()
  }

  /// Whether the nodes depend on a file of the lab, named by its path relative to the lab's folder.
  public func uses(labFile file: String) -> Bool {
    labPaths.contains { file == $0 || file.hasPrefix("\($0)/") }
  }

  /// Changes when a node would have to be restarted to run as the file now says; the number of replicas doesn't matter.
  public var definitionHash: String {
    var service = self
    service.place = YAMLPlace(file: "")
    service.replicas = replicas == nil ? nil : 0
    // They mean nothing to a process; containers count them by themselves.
    service.image = nil
    service.ports = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var hash = StableHash()
    // Encoding strings and numbers can't fail; an empty text would only mean "unchanged".
    hash.add((try? encoder.encode(service)) ?? Data())
    return hash.text
  }

  /// `definitionHash` and the content of every file of the service's own folder that the nodes depend on, in one value.
  ///
  /// - Parameter folder: the lab's folder, or the judge's for a service that judges.
  public func contentHash(lab folder: String) -> String {
    var hash = StableHash()
    hash.add(Data(definitionHash.utf8))
    for path in ownPaths {
      for file in Self.files(at: path, lab: folder) {
        hash.add(Data(file.utf8))
        hash.add(FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data())
      }
    }
    return hash.text
  }

  private func mentions(of folder: String) -> [String] {
    var texts = commandLine + Array(environment.values) + (healthcheck?.command ?? [])
    if let workingDirectory { texts.append("\(workingDirectory)/") }
    return Set(texts.flatMap { Self.paths(under: folder, in: $0) }).sorted()
  }

  private static func isFolder(_ path: String) -> Bool {
    #if canImport(FoundationEssentials)
      var folder = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder
    #else
      var folder = ObjCBool(false)
      return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && folder.boolValue
    #endif
  }

  private static func files(at path: String, lab: String) -> [String] {
    let whole = "\(lab)/\(path)"
    // A plain file has no children, which is not the same as an empty folder.
    guard isFolder(whole), let children = try? FileManager.default.subpathsOfDirectory(atPath: whole) else {
      return [path]
    }
    return children.sorted().map { "\(path)/\($0)" }
  }

  private static func paths(under folder: String, in text: String) -> [String] {
    text.ranges(of: folder).compactMap { range in
      // `/srv/lab/x` is another folder; `=/lab/x`, `:/lab/x` and `"/lab/x"` are ours.
      if range.lowerBound > text.startIndex {
        let before = text[text.index(before: range.lowerBound)]
        if before.isLetter || before.isNumber || "._-/".contains(before) { return nil }
      }
      var path = text[range.upperBound...].prefix { $0.isLetter || $0.isNumber || "._-/+@%".contains($0) }
      while let last = path.last, last == "/" || last == "." { path.removeLast() }
      return path.isEmpty || path.split(separator: "/").contains("..") ? nil : String(path)
    }
  }
}

/// FNV-1a with 64 bits: the same text in every process, which `Hasher` doesn't give. Good against accidents, not
/// attacks. Constants: http://www.isthe.com/chongo/tech/comp/fnv/
struct StableHash {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Adds a piece; its length counts too, so that pieces can't flow into each other.
  mutating func add(_ data: Data) {
    for byte in data { mix(byte) }
    withUnsafeBytes(of: UInt64(data.count).littleEndian) { for byte in $0 { mix(byte) } }
  }

  private mutating func mix(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  /// 16 hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
