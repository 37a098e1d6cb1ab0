import Diagnostics
import Foundation

/// A program that signs or checks signatures, found along `PATH` unless its name holds a `/`.
struct ExternalProgram {
    var name: String
    /// Variables that are set for it in addition to this process's own.
    var environment: [String: String] = [:]

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs it with `input` as its standard input, to its end; `nil` when there is no such program.
    func run(_ arguments: [String], input: [UInt8] = []) throws(Diagnostic) -> Outcome? {
        guard let path = path() else { return nil }
        let folder = try TemporaryFolder()
        let names = ["input", "output", "errors"].map { "\(folder.path)/\($0)" }
        // Files instead of pipes: a program that stops reading must not raise a signal here.
        let contents = [Data(input), Data(), Data()]
        for (name, content) in zip(names, contents) {
            guard
                FileManager.default.createFile(atPath: name, contents: content, attributes: [.posixPermissions: 0o600])
            else { throw folder.failure }
        }
        guard let source = FileHandle(forReadingAtPath: names[0]), let output = FileHandle(forWritingAtPath: names[1]),
            let errors = FileHandle(forWritingAtPath: names[2])
        else { throw folder.failure }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        (process.standardInput, process.standardOutput, process.standardError) = (source, output, errors)
        do {
            try process.run()
        } catch {
            throw Diagnostic(
                "ledger.program", "the program cannot be started", at: .init(file: path), found: "\(error)",
                kind: .failure)
        }
        process.waitUntilExit()
        let (said, complaint) = (Self.text(names[1]), Self.text(names[2]))
        return Outcome(status: process.terminationStatus, output: said, errors: complaint)
    }

    private func path() -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// A folder that only this user can read, removed with everything in it when it is let go of.
final class TemporaryFolder {
    let path: String

    init() throws(Diagnostic) {
        path = NSTemporaryDirectory() + "serre-" + UUID().uuidString
        guard mkdir(path, 0o700) == 0 else { throw failure }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Why a file here cannot be made.
    var failure: Diagnostic {
        Diagnostic(
            "ledger.temporary", "a temporary file cannot be written: \(String(cString: strerror(errno)))",
            at: .init(file: path), remedy: "free some space there, or name another folder with TMPDIR",
            kind: .failure)
    }
}
