import Diagnostics
import Foundation
import Testing

@testable import Ingestion

/// A folder for one test, removed when the test is done with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/ingestion-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ bytes: some Collection<UInt8>) throws {
        let url = URL(fileURLWithPath: self[name])
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: self[name]))) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: self[name], withDestinationPath: target)
    }

    /// Runs a program in this folder; it must succeed. No configuration of the user reaches it.
    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
        environment["HOME"] = path
        environment["XDG_CONFIG_HOME"] = path
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = "Someone"
            environment["GIT_\(role)_EMAIL"] = "someone@example.org"
            environment["GIT_\(role)_DATE"] = "2026-01-01T00:00:00Z"
        }
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) \(arguments) said: \(complaint)")
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Whether a program is installed.
    static func has(_ program: String) -> Bool {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].contains { access($0 + program, X_OK) == 0 }
    }
}

/// All that a source gives, read in one go.
func readAll(_ source: Source, _ limits: IngestionLimits = .init()) throws(Diagnostic) -> [IngestedItem] {
    let reader = try SourceReader(source, limits: limits)
    var items = [IngestedItem]()
    for unit in try reader.plan().units {
        try reader.read(unit) { (item) throws(Diagnostic) in items.append(item) }
    }
    return items
}

/// The diagnostic that `body` throws; `nil` if it throws none.
func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) {
        try body()
        return nil
    } catch {
        return error
    }
}

extension IngestedItem {
    /// `place language: text` of a document, `place !reason` of a skip.
    var summary: String {
        switch self {
        case .document(let document):
            "\(document.place) \(document.language ?? "-"): \(String(decoding: document.text, as: UTF8.self))"
        case .skip(let skipped): "\(skipped.place) !\(skipped.reason)"
        }
    }

    var detail: String? {
        guard case .skip(let skipped) = self else { return nil }
        return skipped.detail
    }
}

extension IngestionLimits {
    static func with(_ change: (inout IngestionLimits) -> Void) -> IngestionLimits {
        var limits = IngestionLimits()
        change(&limits)
        return limits
    }
}
