import ArgumentParser
import Diagnostics
import Estimation
import Fabrics
import Foundation
import Numerics

extension CalibrateCommand {
    /// Times messages between the two processes that mpirun has started; serre calibrate here starts them.
    struct Messages: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time messages between two processes.",
            discussion: "Example:\n  mpirun -np 2 serre calibrate messages", shouldDisplay: false)

        @Option(help: "Turns of each size.")
        var repeats = 40

        func validate() throws {
            if repeats < 1 { throw ValidationError("Counts must be 1 or more.") }
        }

        func run() throws {
            let process = try HostProcess.start()
            do throws(Diagnostic) {
                let benchmark = try MessageBenchmark(fabric: process.fabric(ranks: max(2, process.hosts)))
                // More of the sizes that take time in a step than of those that only have latency.
                for power in [6, 10, 13, 20, 22, 23, 24, 25, 26] {
                    let turns = power > 18 ? min(12, repeats) : repeats
                    let result = try benchmark.measure(bytes: 1 << power, repeats: turns)
                    guard process.host == 0 else { continue }
                    try Console.printJSON(
                        MessageMeasurements.Line(
                            bytes: result.bytes, message: result.message, exchange: result.exchange))
                }
            } catch {
                if process.host == 0 { Console.error(error.description) }
                if process.hosts > 1 { process.abort(status: error.exitStatus) }
                throw ExitCode(error.exitStatus)
            }
            process.finish()
        }
    }
}

/// Messages and all-reduces between two processes of this machine, which mpirun starts.
enum MessageMeasurements {
    struct Line: Codable {
        var bytes: Int
        var message, exchange: Double
    }

    /// `nil` where there is no mpirun. Throws `calibrate.messages` if the processes fail.
    static func run() throws(Diagnostic) -> [MeasuredTime]? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["mpirun", "-np", "2", "/proc/\(getpid())/exe", "calibrate", "messages"]
        var environment = ProcessInfo.processInfo.environment
        // mpirun refuses root, and more processes than it counts cores, unless told that both are meant.
        for key in ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"] {
            environment[key] = "1"
        }
        process.environment = environment
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // env's own status for a command that is not there.
        if process.terminationStatus == 127 { return nil }
        let lines = text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        guard process.terminationStatus == 0, !lines.isEmpty else {
            throw Diagnostic(
                "calibrate.messages", "the processes that time messages failed",
                found: "exit status \(process.terminationStatus)", remedy: "see their messages above", kind: .failure)
        }
        return lines.flatMap { line in
            [
                MeasuredTime(
                    .message(bytes: line.bytes), seconds: line.message, label: "message of \(line.bytes) bytes",
                    file: "two processes here"),
                MeasuredTime(
                    .exchange(bytes: line.bytes, members: 2), seconds: line.exchange,
                    label: "all-reduce of \(line.bytes) bytes between 2", file: "two processes here"),
            ]
        }
    }
}
