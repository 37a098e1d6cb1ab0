import Foundation
import Testing

@testable import Ledger

@Suite struct AbandonedTests {
    @Test func onlyOldLeftoversGo() throws {
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
        let locks = URL(fileURLWithPath: ledger.commonPath + RecordFormat.referencePrefix)
        try FileManager.default.createDirectory(at: locks, withIntermediateDirectories: true)
        for (name, age) in [("old.lock", 60.0), ("new.lock", 7.0), ("old", 60)] {
            let place = locks.appendingPathComponent(name)
            try Data().write(to: place)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: place.path)
        }
        ledger.removeAbandonedFiles()
        // A lock is another process's for longer than a file of objects is.
        #expect(try FileManager.default.contentsOfDirectory(atPath: locks.path).sorted() == ["new.lock", "old"])
        let left = try FileManager.default.contentsOfDirectory(atPath: objects.path)
        #expect(left.filter { $0.hasPrefix("tmp_") }.sorted() == ["tmp_object_git2_bb", "tmp_other"])
    }
}
