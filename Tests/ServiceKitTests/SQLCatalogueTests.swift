import Foundation
import TestFiles
import Testing

@testable import ServiceKit

@Suite struct SQLCatalogueTests {
  private enum Name: String, CaseIterable { case one, two = "number-two" }

  private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = try Scratch()
    for (name, text) in files { try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8) }
    try body(folder.path)
  }

  @Test func aFileTakesTheBuiltInStatementsPlace() throws {
    try withFolder(["number-two.sql": "SELECT 22", "schema.sql": "CREATE TABLE x ()"]) { folder in
      let catalogue = try SQLCatalogue<Name>(folder: folder) { Array("SELECT \($0.rawValue)".utf8) }
      #expect(catalogue[.one] == "SELECT one")
      #expect(catalogue[.two] == "SELECT 22")
    }
  }

  @Test func anEmptyFileOrAMissingFolderIsAnError() throws {
    try withFolder(["one.sql": " \n"]) { folder in
      let error = #expect(throws: SQLCatalogue<Name>.FolderError.self) {
        try SQLCatalogue<Name>(folder: folder) { _ in [] }
      }
      #expect(error?.description == "\(folder)/one.sql is empty or can't be read")
    }
    #expect(throws: SQLCatalogue<Name>.FolderError.self) {
      try SQLCatalogue<Name>(folder: "/nowhere/at/all") { _ in [] }
    }
  }
}
