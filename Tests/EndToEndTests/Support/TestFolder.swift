import Foundation
import Testing

/// A folder of a test's own, outside any git repository, removed with this value.
final class TestFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("serre-e2e-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The absolute path of `name` in this folder.
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file, making its folders.
    @discardableResult
    func write(_ content: String, to name: String) throws -> String {
        try write(Data(content.utf8), to: name)
    }

    @discardableResult
    func write(_ content: Data, to name: String) throws -> String {
        let url = URL(fileURLWithPath: self(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
        return url.path
    }

    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: self(name))) }

    func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self(name)) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self(name)) }

    /// The names in a folder, sorted; none when it is not there.
    func names(in name: String = ".") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self(name))) ?? []).sorted()
    }

    /// Every file under `name` with its content, but for the paths for which `ignoring` says so.
    func contents(of name: String = ".", ignoring: (String) -> Bool = { _ in false }) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for case let file as String in FileManager.default.enumerator(atPath: self(name)) ?? .init()
        where !ignoring(file) {
            found[file] = try? data(name + "/" + file)
        }
        return found
    }

    /// The run folders under `output`, oldest first, as paths relative to this folder.
    func runs(in output: String = "runs") -> [String] {
        names(in: output).filter { exists("\(output)/\($0)/recipe.yaml") }.map { "\(output)/\($0)" }
    }

    /// The oldest run folder under `runs`; fails when there is none.
    func firstRun() throws -> String { try #require(runs().first, "no run folder was made") }

    /// The checkpoints of a run, such as `step-00000002`, and anything unfinished beside them.
    func checkpoints(of run: String) -> [String] { names(in: run + "/checkpoints") }

    /// Changes a byte in the middle of a file.
    func alter(_ name: String) throws {
        var bytes = try data(name)
        bytes[bytes.count / 2] ^= 1
        try write(bytes, to: name)
    }

    /// Cuts a file to half its length.
    func truncate(_ name: String) throws {
        let bytes = try data(name)
        try write(bytes.prefix(bytes.count / 2), to: name)
    }
}
