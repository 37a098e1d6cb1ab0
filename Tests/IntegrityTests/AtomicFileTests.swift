import Diagnostics
import Foundation
import Integrity
import Testing

@Suite("AtomicFile") struct AtomicFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func contents(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test("A file is written, and replaced, whole")
    func writes() throws {
        try withFolder { (folder) throws in
            let path = folder + "/state"
            try AtomicFile.write("one", to: path)
            try AtomicFile.write([UInt8]("two".utf8), to: path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
            try AtomicFile.write(to: path) { (append) throws(Diagnostic) in
                for piece in [[1, 2], [], [3]] as [[UInt8]] {
                    var failure: Diagnostic?
                    piece.withUnsafeBytes { bytes in
                        do throws(Diagnostic) { try append(bytes) } catch { failure = error }
                    }
                    if let failure { throw failure }
                }
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
            #expect(try contents(folder) == ["state"])
        }
    }

    @Test("A failure half-way leaves the old file and no other")
    func bodyFails() throws {
        try withFolder { (folder) throws in
            let path = folder + "/state"
            try AtomicFile.write("old", to: path)
            #expect(throws: Diagnostic("test.stop", "stopped")) {
                try AtomicFile.write(to: path) { (append) throws(Diagnostic) in
                    var failure: Diagnostic?
                    "new".utf8CString.withUnsafeBytes { bytes in
                        do throws(Diagnostic) { try append(bytes) } catch { failure = error }
                    }
                    throw failure ?? Diagnostic("test.stop", "stopped")
                }
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
            #expect(try contents(folder) == ["state"])
        }
    }

    @Test("A folder that does not exist is a failure with the path, and is not made")
    func noFolder() throws {
        try withFolder { (folder) throws in
            let path = folder + "/missing/state"
            let error = #expect(throws: Diagnostic.self) { try AtomicFile.write("x", to: path) }
            #expect(error?.code == "file.write")
            #expect(error?.kind == .failure)
            #expect(error?.location?.file == path)
            #expect(try contents(folder).isEmpty)
        }
    }

    @Test("A path taken by a folder is a failure that leaves nothing behind")
    func folderInTheWay() throws {
        try withFolder { (folder) throws in
            let path = folder + "/taken"
            try FileManager.default.createDirectory(atPath: path + "/inner", withIntermediateDirectories: true)
            #expect(throws: Diagnostic.self) { try AtomicFile.write("x", to: path) }
            #expect(try contents(folder) == ["taken"])
        }
    }

    @Test("A full disk is named as such, keeps the old file and leaves no partial one")
    func fullDisk() throws {
        try withFolder { (folder) throws in
            let path = folder + "/state"
            try AtomicFile.write("old", to: path)
            // The temporary file of this process, made to lead to a device that is always full.
            let temporary = "\(path).\(getpid()).partial"
            try #require(symlink("/dev/full", temporary) == 0)
            let error = #expect(throws: Diagnostic.self) { try AtomicFile.write("new", to: path) }
            #expect(error?.code == "file.no-space")
            #expect(error?.kind == .failure)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
            #expect(try contents(folder) == ["state"])
        }
    }
}
