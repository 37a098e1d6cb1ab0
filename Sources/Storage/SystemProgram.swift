import Diagnostics
import Foundation
import Synchronization

/// A program of the system that is asked to do what it does best, such as git or rsync.
public struct SystemProgram: Sendable {
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
        guard let found = SystemProgram(named: name) else {
            throw Diagnostic(
                "program.missing", "this needs the program \(name), which is not on the search path",
                remedy: "install it: apt-get install \(package)")
        }
        self = found
    }

    /// A program on the search path, or at a path if `name` holds a `/`; `nil` when there is none.
    public init?(named name: String) {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let candidates = name.contains("/") ? [name] : places.map { "\($0)/\(name)" }
        guard let path = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return nil
        }
        self.path = path
    }

    /// Runs the program to its end; `environment` is added to this process's, a `nil` value takes a variable away.
    ///
    /// - Parameters:
    ///   - input: what it reads from its standard input.
    ///   - hear: gets its output piece by piece while it runs.
    public func run(
        _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:], input: [UInt8] = [],
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
        process.standardInput = try Self.handle(reading: input)
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

    /// A file and not a pipe: a program that stops reading must not raise a signal here.
    private static func handle(reading input: [UInt8]) throws(Diagnostic) -> FileHandle {
        if input.isEmpty { return FileHandle.nullDevice }
        let path = "\(NSTemporaryDirectory())/serre-input-\(UUID().uuidString)"
        // The name goes at once, the content with the last reader.
        defer { unlink(path) }
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(input), attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forReadingAtPath: path)
        else {
            throw Diagnostic(
                "program.input", "a temporary file cannot be written", at: .init(file: path),
                remedy: "free some space there, or name another folder with TMPDIR", kind: .failure)
        }
        return handle
    }
}
