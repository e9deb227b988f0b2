/// The statements of a service, by the names of their files.
///
/// Each is `<name>.sql` in the service's folder `SQL`, built into the program; a file of the same name in another
/// folder takes its place, so that a statement can be changed without building anything.
public struct SQLCatalogue<Name: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
  private let texts: [Name: String]

  /// A folder of statements that can't be used.
  public struct FolderError: Error, CustomStringConvertible {
    /// What is wrong with it.
    public var description: String
  }

  /// - Parameters:
  ///   - folder: its files replace built-in statements; nil: none does.
  ///   - builtIn: the text of the file `<name>.sql`.
  /// - Throws: `FolderError` when the folder can't be read or one of its files is empty.
  public init(folder: String?, builtIn: (Name) -> [UInt8]) throws {
    var texts: [Name: String] = [:]
    let files = try folder.map { folder in
      guard let files = FileText.names(in: folder) else {
        throw FolderError(description: "can't read the folder \(folder)")
      }
      return Set(files)
    }
    for name in Name.allCases {
      texts[name] = String(decoding: builtIn(name), as: UTF8.self)
      guard let folder, let files, files.contains("\(name.rawValue).sql") else { continue }
      let path = "\(folder)/\(name.rawValue).sql"
      guard let text = FileText.read(path), text.contains(where: { !$0.isWhitespace }) else {
        throw FolderError(description: "\(path) is empty or can't be read")
      }
      texts[name] = text
    }
    self.texts = texts
  }

  /// The statement of a name.
  public subscript(name: Name) -> String { texts[name] ?? "" }
}
