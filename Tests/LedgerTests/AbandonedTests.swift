import Foundation
import Testing

@testable import Ledger

@Suite struct AbandonedTests {
    @Test func onlyOldLeftoversOfObjectsGo() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("serre-left-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let ledger = try Ledger.create(at: folder.path + "/ledger.git")
        let objects = URL(fileURLWithPath: ledger.objectsPath)
        try FileManager.default.createDirectory(at: objects, withIntermediateDirectories: true)
        let names = ["tmp_object_git2_aa", "tmp_object_git2_bb", "tmp_other"]
        for name in names { try Data([1]).write(to: objects.appendingPathComponent(name)) }
        for name in ["tmp_object_git2_aa", "tmp_other"] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60)],
                ofItemAtPath: objects.appendingPathComponent(name).path)
        }
        ledger.removeAbandonedObjects()
        let left = try FileManager.default.contentsOfDirectory(atPath: objects.path)
        #expect(left.filter { $0.hasPrefix("tmp_") }.sorted() == ["tmp_object_git2_bb", "tmp_other"])
    }
}
