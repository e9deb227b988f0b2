public import Foundation

/// A file of an image, got without running anything of the image's.
public enum ImageFile {
  /// Larger ones are refused.
  private static let mostBytes = 512 << 20
  /// Seconds.
  private static let patience = 60.0

  private struct Created: Decodable { var Id: String }

  /// The content of a plain file by its absolute path in an image of the Docker engine.
  ///
  /// - Throws: `EngineError`: `usage` where there is no such image or no such file in it, `missingPart` where no engine
  ///   answers.
  public static func contents(of path: String, image: String) throws -> Data {
    let calls = DockerCalls()
    do { _ = try calls.perform("GET", "/_ping", patience: 5) } catch {
      throw EngineError("no Docker engine for the image \(image): \(error)", code: .missingPart)
    }
    // It never begins.
    let made = try calls.perform(
      "POST", "/containers/create", body: ["Image": image, "Cmd": [path], "NetworkDisabled": true],
      patience: patience)
    guard made.isSuccess, let container = try? JSONDecoder().decode(Created.self, from: made.body).Id else {
      throw EngineError("no image \(image) here: \(made.complaint)", code: .usage)
    }
    defer { _ = try? calls.perform("DELETE", "/containers/\(container)?force=1&v=1", patience: patience) }
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? path
    let archive = try calls.perform(
      "GET", "/containers/\(container)/archive?path=\(escaped)", patience: patience, mostBytes: mostBytes)
    guard archive.isSuccess, let content = firstFile(of: archive.body) else {
      throw EngineError("the image \(image) has no file \(path)", code: .usage)
    }
    return content
  }

  /// The first entry of a tar archive (tar(5), ustar), where that is a plain file and whole.
  static func firstFile(of archive: Data) -> Data? {
    let head = Data(archive.prefix(512))
    guard head.count == 512, head[156] == UInt8(ascii: "0") || head[156] == 0 else { return nil }
    let digits = String(decoding: head[124..<136], as: UTF8.self).prefix { ("0"..."7").contains($0) }
    guard let size = Int(digits, radix: 8), archive.count >= 512 + size else { return nil }
    return Data(archive.dropFirst(512).prefix(size))
  }
}
