import Foundation
import Integrity
import Storage
import Testing

/// A folder of one test's own, removed with this value.
final class StorageFixture {
    let root: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        root = url.appendingPathComponent("serre-storage-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Writes a file of `count` bytes that depend on `seed`, and says what it is.
    func file(_ name: String, bytes count: Int, seed: UInt8 = 1) throws -> StoredFile {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: ($0 >> 8) ^ $0) &* 31 &+ seed }
        try AtomicFile.write(content, to: "\(root)/\(name)")
        return StoredFile(digest: SHA256.digest(of: content), bytes: count, path: "\(root)/\(name)", name: name)
    }

    var store: ObjectStore { ObjectStore(root + "/store") }

    func content(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    /// Flips one bit of a file, which may be protected.
    func flip(bit: Int, of path: String) throws {
        var bytes = try content(path)
        bytes[bit / 8] ^= 1 << (bit % 8)
        chmod(path, 0o644)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// The files of the store, sorted.
    func names() -> [String] {
        let found = FileManager.default.enumerator(atPath: root + "/store")?.compactMap { $0 as? String } ?? []
        return found.filter { name in
            var status = stat()
            return lstat("\(root)/store/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }.sorted()
    }
}

/// Whether a program can be run here: tests that need one are skipped where it is not, and say so.
func hasProgram(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
}
