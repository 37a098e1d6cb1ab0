import Diagnostics
import Foundation

/// Another program that trains the same model, one step each time it is asked.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()
    /// What the peer says it is.
    private(set) var description = ""

    /// Starts `command` with the model's options appended, and waits until it is ready.
    init(command: String, arguments: [String]) throws(Diagnostic) {
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec \(command) \"$@\"", command] + arguments
        process.standardInput = input
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw Self.failure("it cannot be started")
        }
        description = try answer(to: nil, expecting: "ready")
    }

    deinit {
        // The peer ends with its input.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    var identifier: Int32 { process.processIdentifier }

    /// Has the peer do one step; its seconds by its own clock.
    func step() throws(Diagnostic) -> Double { try number("step") }

    /// Bytes by which the peer's peak of resident memory has grown since before it made its model.
    func memoryBytes() throws(Diagnostic) -> Int { Int(try number("memory")) }

    private func number(_ request: String) throws(Diagnostic) -> Double {
        let text = try answer(to: request, expecting: request)
        guard let value = Double(text), value.isFinite, value >= 0, value < 1e15 else {
            throw Self.failure("it answered \(request) with \(text)")
        }
        return value
    }

    private func answer(to request: String?, expecting word: String) throws(Diagnostic) -> String {
        do {
            if let request { try input.fileHandleForWriting.write(contentsOf: Data((request + "\n").utf8)) }
        } catch {
            throw Self.failure("it has ended")
        }
        let line = try nextLine()
        guard line.hasPrefix(word + " ") else { throw Self.failure("it said: \(line)") }
        return String(line.dropFirst(word.count + 1))
    }

    private func nextLine() throws(Diagnostic) -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Self.failure("it ended without an answer") }
            unread.append(more)
        }
    }

    private static func failure(_ what: String) -> Diagnostic {
        Diagnostic(
            "bench.peer", "the peer does not answer: \(what)",
            remedy: "look at its messages above; scripts/bench sets it up",
            kind: .failure)
    }
}
