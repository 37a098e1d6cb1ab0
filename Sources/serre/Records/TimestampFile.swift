import Diagnostics
import Foundation
import Integrity

/// A timestamp authority's answers, from a file or from the network.
enum TimestampFile {
    static func read(_ path: String) throws(Diagnostic) -> TimestampResponse {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic("timestamp.file", "the answer cannot be read", at: .init(file: path))
        }
        return try TimestampResponse([UInt8](data), file: path)
    }

    /// Sends a query with curl, which knows the user's proxies and certificates, and gives the answer.
    static func fetch(_ url: String, _ query: [UInt8]) throws(Diagnostic) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "curl", "--fail", "--silent", "--show-error", "--location", "--proto", "=http,https", "--max-time", "60",
            "--max-filesize", "1000000", "--header", "Content-Type: application/timestamp-query", "--data-binary", "@-",
            "--", url,
        ]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        do {
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data(query))
            try input.fileHandleForWriting.close()
        } catch {
            throw failure(url, "curl could not be started")
        }
        // Both are short: a pipe holds what curl says while the other is read.
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason = complaint.split(separator: "\n").first.map(String.init)
            throw failure(url, reason ?? "curl ended with status \(process.terminationStatus)")
        }
        return [UInt8](answer)
    }

    private static func failure(_ url: String, _ reason: String) -> Diagnostic {
        Diagnostic(
            "timestamp.network", "the timestamp authority did not answer: \(reason)", at: .init(file: url),
            remedy: "make a query with --query -o FILE, have it answered elsewhere, and add the answer with --response",
            kind: .failure)
    }
}
