import Diagnostics
import Foundation
import Integrity

/// The folder `OUTPUT.partial` beside a corpus in the making: what finished units left, so that a stopped build goes on.
final class WorkFolder: Sendable {
    let path: String
    /// Held while the process lives: the system lets go of it however the process ends.
    private let lock: Int32

    private static let stateFile = "build.json"
    private static let lockFile = "lock"
    /// There once the output is whole and only has to take its place.
    static let placing = "placing"
    /// Another number makes unfinished work of older programs begin anew.
    private static let format = 3

    private struct State: Codable, Equatable {
        var format: Int
        var specification: String
    }

    /// What was found at the folder's place.
    enum Start: Equatable { case new, resumed, specificationChanged }

    /// Opens the folder for an output, or makes it; work for another specification is removed.
    ///
    /// Throws `corpus.busy` where another process builds the same output.
    static func open(
        besideOutput output: String, specification: Digest
    ) throws(Diagnostic) -> (folder: WorkFolder, start: Start) {
        let folder = try WorkFolder(path(besideOutput: output))
        let state = State(format: format, specification: specification.description)
        let file = "\(folder.path)/\(stateFile)"
        let found = try? JSONDecoder().decode(State.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        var start = found == state ? Start.resumed : .new
        if found != state {
            if FileManager.default.fileExists(atPath: file) { start = .specificationChanged }
            try folder.clear()
            try AtomicFile.write([UInt8](try encodeJSON(state)), to: file)
        }
        try folder.makeFolder("units")
        return (folder, start)
    }

    static func path(besideOutput output: String) -> String {
        URL(fileURLWithPath: output).standardizedFileURL.resolvingSymlinksInPath().path + ".partial"
    }

    private init(_ path: String) throws(Diagnostic) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            throw Diagnostic(
                "folder.write",
                "cannot make the work folder: \(String(cString: strerror(underlying.map { Int32($0.code) } ?? errno)))",
                at: .init(file: path), remedy: "choose an output in a folder that you may write to", kind: .failure)
        }
        lock = Foundation.open("\(path)/\(Self.lockFile)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw Diagnostic(
                "folder.write", "cannot write to the work folder: \(String(cString: strerror(errno)))",
                at: .init(file: path), kind: .failure)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Diagnostic(
                "corpus.busy", "another process is building this corpus", at: .init(file: path),
                remedy: "wait for it, or choose another output")
        }
    }

    deinit { close(lock) }

    /// A unit's work file of a kind.
    func file(_ unit: Int, _ kind: String) -> String {
        let digits = String(unit)
        return "\(path)/units/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).\(kind)"
    }

    /// A work file of the whole build.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// An empty folder in which the output is put together.
    func emptyOutput() throws(Diagnostic) -> String {
        let output = file("output")
        try? FileManager.default.removeItem(atPath: file(Self.placing))
        try? FileManager.default.removeItem(atPath: output)
        try makeFolder("output")
        return output
    }

    /// Removes the folder with all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private func clear() throws(Diagnostic) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in names where name != Self.lockFile { try? FileManager.default.removeItem(atPath: file(name)) }
    }

    private func makeFolder(_ name: String) throws(Diagnostic) {
        guard mkdir(file(name), 0o755) == 0 || errno == EEXIST else {
            throw Diagnostic(
                "folder.write", "cannot make the folder: \(String(cString: strerror(errno)))",
                at: .init(file: file(name)), kind: .failure)
        }
    }
}
