import Foundation
import Testing

/// What a process said and how it ended.
struct Outcome: CustomStringConvertible {
    var status: Int32
    var output: String
    var errors: String

    var lines: [Substring] { output.split(separator: "\n") }
    var description: String {
        "exit \(status)\nstandard output:\n\(Self.end(of: output))\nstandard error:\n\(Self.end(of: errors))"
    }

    private static func end(of text: String) -> String {
        text.split(separator: "\n").suffix(12).joined(separator: "\n")
    }

    /// Standard output as JSON objects, one per line, `count` of them; fails when there is anything else.
    func objects(_ count: Int? = nil) throws -> [[String: Any]] {
        try #require(count == nil || count == lines.count, "\(self)")
        return try lines.map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "not a JSON object: \(line)")
        }
    }

    /// The `state_digest` of the last line of `train --json`.
    func digest() throws -> String {
        try #require(status == 0, "\(self)")
        return try #require(try objects().last?["state_digest"] as? String, "\(self)")
    }

    /// The sentence that `serre` printed about what is wrong; fails unless there is exactly one.
    func sentence() throws -> String {
        let found = errors.split(separator: "\n").filter { $0.hasPrefix("serre: error: ") }
        try #require(found.count == 1, "\(self)")
        return String(found[0].dropFirst("serre: error: ".count))
    }
}

/// A process that a test has started, with its output in files so that no pipe can fill up.
final class Running {
    private let process = Process()
    private let place: String
    private let deadline: DispatchWorkItem

    /// Starts `command` in the folder; it is killed after `seconds`, so that a hang fails and does not last.
    init(
        _ command: [String], in folder: TestFolder, at directory: String = ".", environment: [String: String] = [:],
        seconds: Double
    ) throws {
        place = folder(".process-\(UUID().uuidString.prefix(8))")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A test's thread may block signals, and what it starts would inherit that.
        process.arguments = ["--default-signal"] + command
        process.currentDirectoryURL = URL(fileURLWithPath: folder(directory))
        process.environment = Executable.environment(home: folder.path, environment)
        process.standardInput = FileHandle.nullDevice
        for (suffix, isOutput) in [("out", true), ("err", false)] {
            try Data().write(to: URL(fileURLWithPath: place + "." + suffix))
            let handle = FileHandle(forWritingAtPath: place + "." + suffix)
            if isOutput { process.standardOutput = handle } else { process.standardError = handle }
        }
        try process.run()
        let pid = process.processIdentifier
        deadline = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: deadline)
    }

    /// The process's id; that of the command, once it has taken the place of `env`.
    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Sends a signal to the process.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// What it has said on standard output so far.
    var output: String { said("out") }
    var errors: String { said("err") }

    private func said(_ suffix: String) -> String {
        String(decoding: FileManager.default.contents(atPath: place + "." + suffix) ?? Data(), as: UTF8.self)
    }

    /// Waits for the end. A process killed by signal n has the status 128 + n.
    func finish() -> Outcome {
        process.waitUntilExit()
        deadline.cancel()
        let status = process.terminationStatus
        let outcome = Outcome(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: output, errors: errors
        )
        for suffix in ["out", "err"] { try? FileManager.default.removeItem(atPath: place + "." + suffix) }
        return outcome
    }

    /// Waits until `condition` holds; fails when it does not within half a minute or the process ends first.
    func wait(until what: Comment, _ condition: () -> Bool) throws {
        for _ in 0..<6000 {
            if condition() { return }
            if !process.isRunning { break }
            usleep(5000)
        }
        if condition() { return }
        send(SIGKILL)
        Issue.record("\(what) did not come\n\(finish())")
        throw CancellationError()
    }

    /// Waits until `count` lines are on standard output.
    func wait(forLines count: Int) throws {
        try wait(until: "output of \(count) lines") { output.split(separator: "\n").count >= count }
    }
}

extension TestFolder {
    /// Runs a command to its end.
    func run(
        _ command: [String], at directory: String = ".", environment: [String: String] = [:], seconds: Double = 60
    ) throws -> Outcome {
        try Running(command, in: self, at: directory, environment: environment, seconds: seconds).finish()
    }

    /// Runs `serre` to its end.
    func serre(
        _ arguments: String..., at directory: String = ".", environment: [String: String] = [:], seconds: Double = 60
    ) throws -> Outcome {
        try run([try Executable.serre()] + arguments, at: directory, environment: environment, seconds: seconds)
    }

    /// Runs `serre` with the words of a line, none of which holds a space.
    func serre(line: String, at directory: String = ".", environment: [String: String] = [:]) throws -> Outcome {
        let words = line.split(separator: " ").map(String.init)
        return try run([try Executable.serre()] + words, at: directory, environment: environment)
    }

    /// Starts `serre` with the words of a line.
    func start(_ line: String, at directory: String = ".", environment: [String: String] = [:]) throws -> Running {
        let words = line.split(separator: " ").map(String.init)
        return try Running(
            [try Executable.serre()] + words, in: self, at: directory, environment: environment, seconds: 60)
    }

    /// Starts `serre` on several processes; mpirun itself ends them all when they take too long.
    func startOnProcesses(_ count: Int, _ line: String, at directory: String = ".") throws -> Running {
        let launch = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--timeout", "50", "-np", "\(count)"]
        let words = line.split(separator: " ").map(String.init)
        return try Running(launch + [try Executable.serre()] + words, in: self, at: directory, seconds: 60)
    }

    func onProcesses(_ count: Int, _ line: String, at directory: String = ".") throws -> Outcome {
        try startOnProcesses(count, line, at: directory).finish()
    }

    /// Runs a shell script with `serre` as the variable `$SERRE`, in a mount namespace of its own where `mounting`.
    func shell(_ script: String, mounting: Bool = false, environment: [String: String] = [:]) throws -> Outcome {
        let variables = environment.merging(["SERRE": try Executable.serre()]) { a, _ in a }
        return try run((mounting ? ["unshare", "--mount"] : []) + ["sh", "-euc", script], environment: variables)
    }

    /// Whether file systems can be mounted for a test, in a namespace that ends with it.
    static let canMount: Bool = {
        guard geteuid() == 0, let folder = try? TestFolder() else { return false }
        let outcome = try? folder.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", folder.path])
        return outcome?.status == 0
    }()
}
