import Foundation
import Testing

@testable import Ledger

/// The program `LedgerWriter`, which writes a record in a process of its own.
enum WriterProcess {
    /// Beside the test bundle.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("LedgerWriter").path

    struct Outcome {
        /// The run that it wrote, if its first call had returned.
        var run: RunID?
        /// The events whose calls had returned.
        var events: Int
        var status: Int32
        var wasKilled: Bool
        var errors: String
    }

    /// Runs a shell command in which `$WRITER` is the program, and reads what that printed.
    static func run(_ command: String, in folder: String) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["WRITER": path]) { _, new in new }
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let status = process.terminationStatus
        return Outcome(
            run: lines.first.flatMap { RunID($0) }, events: max(0, lines.count - 1), status: status,
            wasKilled: process.terminationReason == .uncaughtSignal || status == 128 + SIGKILL, errors: complaint)
    }

    /// Whether a program is installed.
    static func has(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Whether `strace` is installed and allowed to trace.
    static let canTrace = has("strace") && (try? run("strace -o /dev/null true", in: "/"))?.status == 0

    /// Whether a small file system can be mounted.
    static let canMount =
        geteuid() == 0 && (try? run("unshare --mount mount -t tmpfs none /mnt", in: "/"))?.status == 0
}
