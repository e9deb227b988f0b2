import Foundation
import TestFiles
import Testing

@testable import Inventory

/// The statements that labs bring along, beside those that are built in.
@Suite struct LabStatementsTests {
  /// The statements that a lab's defect is made of; the others are there to be read, and are those of the program.
  private static let defects: [String: Set<String>] = ["deadlock": ["reserve-lock", "sync-stock"]]

  @Test(arguments: ["deadlock"]) func onlyTheDefectDiffersFromWhatIsBuiltIn(lab: String) throws {
    let folder = "\(Repository.root)/Chaos/\(lab)/lab/sql/inventory"
    let defects = try #require(Self.defects[lab])
    var differing: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".sql") {
      let name = try #require(InventorySQL(rawValue: String(file.dropLast(4))), "\(file) replaces no statement")
      let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
      if Array(text) != name.builtIn { differing.insert(name.rawValue) }
    }
    #expect(differing == defects)
  }
}
