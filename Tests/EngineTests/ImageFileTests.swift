import Foundation
import Testing

@testable import Engine

/// What is taken of the archive in which Docker gives a file of an image.
@Suite struct ImageFileTests {
  /// An archive with one entry (ustar).
  private func archive(_ type: Character, size: String, _ content: String) -> Data {
    var head = Data(count: 512)
    head.replaceSubrange(0..<5, with: Data("fleet".utf8))
    head.replaceSubrange(124..<(124 + size.utf8.count), with: Data(size.utf8))
    head[156] = type.asciiValue ?? 0
    let padding = Data(count: (512 - content.utf8.count % 512) % 512 + 1024)
    return head + Data(content.utf8) + padding
  }

  @Test func aPlainFileIsTakenAsItIs() {
    #expect(ImageFile.firstFile(of: archive("0", size: "00000000005\0", "hello")) == Data("hello".utf8))
    #expect(ImageFile.firstFile(of: archive("0", size: "00000000000\0", "")) == Data())
  }

  @Test func anythingElseIsNone() {
    for type: Character in ["1", "2", "3", "5", "x"] {
      #expect(ImageFile.firstFile(of: archive(type, size: "00000000005\0", "hello")) == nil)
    }
    #expect(ImageFile.firstFile(of: Data()) == nil)
    #expect(ImageFile.firstFile(of: archive("0", size: "00000007777\0", "cut off")) == nil)
    #expect(ImageFile.firstFile(of: archive("0", size: "nothing", "hello")) == nil)
  }
}
