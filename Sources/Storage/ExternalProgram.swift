import Diagnostics
import Foundation
import Synchronization

/// A program of the system that is asked to do what it does best, such as git or rsync.
public struct ExternalProgram: Sendable {
    /// Its path.
    public let path: String

    /// What a program said and how it ended; a signal n gives the status 128 + n.
    public struct Outcome: Sendable, Equatable {
        public var status: Int32
        public var output: String
        public var errors: String

        /// The last lines of what it complained, on one line.
        public var complaint: String {
            let lines = errors.split(separator: "\n").filter { !$0.hasPrefix("hint:") }
            return lines.suffix(3).joined(separator: "; ")
        }
    }

    /// Finds a program on the search path; throws `program.missing` with the way to get it.
    public init(_ name: String, package: String) throws(Diagnostic) {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let path = places.map({ "\($0)/\(name)" }).first(where: {
                FileManager.default.isExecutableFile(atPath: $0)
            })
        else {
            throw Diagnostic(
                "program.missing", "this needs the program \(name), which is not on the search path",
                remedy: "install it: apt-get install \(package)")
        }
        self.path = path
    }

    /// Runs the program to its end; `environment` is added to this process's, a `nil` value takes a variable away.
    ///
    /// `hear` gets its output piece by piece while it runs.
    public func run(
        _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:],
        hear: ((String) -> Void)? = nil
    ) throws(Diagnostic) -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        process.environment = variables
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw Diagnostic(
                "program.start", "the program cannot be started", at: .init(file: path), kind: .failure)
        }
        // Both pipes are read at once: a program that fills the one while the other is read would wait for ever.
        let complaints = Mutex(Data())
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async { [handle = errors.fileHandleForReading] in
            let all = handle.readDataToEndOfFile()
            complaints.withLock { $0 = all }
            done.signal()
        }
        var said = Data()
        while true {
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            said.append(piece)
            hear?(String(decoding: piece, as: UTF8.self))
        }
        done.wait()
        process.waitUntilExit()
        let status = process.terminationStatus
        return Outcome(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
            output: String(decoding: said, as: UTF8.self),
            errors: String(decoding: complaints.withLock { $0 }, as: UTF8.self))
    }
}
