import Foundation
import TestFiles
import Testing

@testable import Engine

/// What may be mounted of a lab's folder.
@Suite struct RealPathTests {
  @Test func aLinkThatLeadsOutIsNotInside() throws {
    let files = FileManager.default
    let scratch = try Scratch("lab/sub", "lab-other")
    try files.createSymbolicLink(atPath: scratch.path + "/lab/out", withDestinationPath: "..")
    try files.createSymbolicLink(atPath: scratch.path + "/lab/in", withDestinationPath: "sub")
    let lab = scratch.path + "/lab"
    #expect(RealPath.isInside(lab, lab) && RealPath.isInside(lab + "/sub", lab) && RealPath.isInside(lab + "/in", lab))
    #expect(RealPath.of(lab + "/in") == RealPath.of(lab + "/sub"))
    for path in ["out", "sub/../..", "../lab-other", "nothing"] { #expect(!RealPath.isInside("\(lab)/\(path)", lab)) }
    #expect(SpawnSpec.Mount.bind(lab + "/in", at: "/x").source == RealPath.of(lab + "/sub"))
  }

  @Test func noPartOfAPathMayBeALink() throws {
    let files = FileManager.default
    let scratch = try Scratch("lab/a/b")
    try "x".write(toFile: scratch.path + "/lab/a/b/file", atomically: true, encoding: .utf8)
    try files.createSymbolicLink(atPath: scratch.path + "/lab/a/link", withDestinationPath: "b")
    try files.createSymbolicLink(atPath: scratch.path + "/lab/a/b/last", withDestinationPath: "file")
    func opens(_ name: String) -> Bool {
      let descriptor = PlainFile.open(name, below: scratch.path + "/lab")
      if descriptor >= 0 { close(descriptor) }
      return descriptor >= 0
    }
    #expect(opens("a/b/file"))
    for name in ["a/link/file", "a/b/last", "a/b/nothing", "a/../a/b/file", "../lab/a/b/file", ".."] {
      #expect(!opens(name), "\(name)")
    }
  }

  @Test(.timeLimit(.minutes(1))) func onlyASmallPlainFileIsRead() throws {
    let files = FileManager.default
    let scratch = try Scratch()
    try "secret\n".write(toFile: scratch.path + "/file", atomically: true, encoding: .utf8)
    try files.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: "file")
    #expect(mkfifo(scratch.path + "/pipe", 0o600) == 0)
    #expect(PlainFile.text("/file", below: scratch.path, atMost: 7) == "secret\n")
    #expect(PlainFile.text("file", below: scratch.path, atMost: 6) == nil)
    for name in ["link", "pipe", "nothing", "/dev/zero", ""] {
      #expect(PlainFile.text(name, below: scratch.path, atMost: 100) == nil, "\(name)")
    }
  }
}
