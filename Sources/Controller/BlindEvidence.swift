public import Engine
import Foundation
import Grading

/// Where the evidence of a blind lab's grades lies until somebody is told what the lab is.
///
/// Evidence holds the scenario, and a history that names every fault: in the lab's folder it would be the answer, one
/// `grep` away. So it lies beside the lab's run folder, where only its owner can look, and outlives that.
public struct BlindEvidence: Sendable {
  /// One folder a grade; not there before the first one.
  public let folder: String

  /// Of the lab with this id.
  public init(labID: String) { folder = RunDirectory(labID: labID).blindEvidence }

  /// The folders of the grades.
  public var grades: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { "\(folder)/\($0)" }
  }

  /// Moves it to where the evidence of other labs is.
  ///
  /// - Parameter unfinished: also what a grade has not written to its end: nobody may be writing any more.
  /// - Returns: how many grades were moved.
  @discardableResult public func putIntoPlace(of lab: LabFolder, unfinished: Bool) throws -> Int {
    let files = FileManager.default
    let moved = grades.filter { unfinished || Evidence(folder: $0).isComplete }
    if !moved.isEmpty {
      try files.createDirectory(
        atPath: lab.evidence, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    for grade in moved {
      try files.moveItem(atPath: grade, toPath: "\(lab.evidence)/\((grade as NSString).lastPathComponent)")
    }
    // Left where something is still in it.
    rmdir(folder)
    return moved.count
  }

  /// Keeps it for a lab that goes on under another id.
  public func hand(to labID: String) { rename(folder, BlindEvidence(labID: labID).folder) }

  /// Removes it with its lab.
  public func remove() throws { try Removal.remove(folder) }
}
