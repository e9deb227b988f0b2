import Foundation
import TestFiles
import Testing

@testable import Certification

/// What of a program counts for its fingerprint, on a program that every machine has.
@Suite struct ProgramImageTests {
  private let program: Data

  init() throws { program = try Data(contentsOf: URL(fileURLWithPath: "/usr/bin/true")) }

  private func fingerprint(_ program: Data) throws -> String {
    let scratch = try Scratch()
    let path = scratch.path + "/program"
    try program.write(to: URL(fileURLWithPath: path))
    return try Fingerprint.programs([path])
  }

  private func changed(at place: Int) -> Data {
    var other = program
    other[place] ^= 0xFF
    return other
  }

  @Test func whatIsLoadedCounts() throws {
    let image = try #require(ProgramImage(program))
    let names = image.sections.map(\.name)
    for name in [".text", ".rodata", ".data"] { #expect(names.contains(name)) }
    #expect(!names.contains { $0.hasPrefix(".debug") || $0.hasPrefix(".note") || $0 == ".swift_modhash" }, "\(names)")
    #expect(image.sections.contains { $0.name == ".bss" && $0.bytes.isEmpty && $0.size > 0 })
  }

  @Test func aByteThatRunsMakesAnotherProgramAndNoOther() throws {
    let sections = try #require(ProgramImage(program)).sections.filter { !$0.bytes.isEmpty }
    let own = try fingerprint(program)
    #expect(own.count == 16)
    for section in sections {
      #expect(try fingerprint(changed(at: section.bytes.upperBound - 1)) != own, "\(section.name)")
    }
    // After the last section that is loaded comes what a debugger wants.
    let end = try #require(sections.map(\.bytes.upperBound).max())
    #expect(try fingerprint(changed(at: end)) == own)
  }

  @Test func whatIsNoProgramCountsAsAWhole() throws {
    for size in [0, 3, 63, 64, 4096, program.count - 1] {
      #expect(ProgramImage(program.prefix(size)) == nil, "\(size)")
    }
    #expect(try fingerprint(program.prefix(4096)) != fingerprint(program.prefix(4095)))
    #expect(ProgramImage(Data("#!/bin/sh\n".utf8)) == nil)
    // Sections that would be beyond the file's end, or nowhere.
    var absurd = program
    absurd.replaceSubrange(0x28..<0x30, with: [UInt8](repeating: 0xFF, count: 8))
    #expect(ProgramImage(absurd) == nil)
  }
}
