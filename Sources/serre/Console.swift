import Diagnostics
import Foundation

/// What people read: results on standard output, everything else on standard error.
enum Console {
    /// A line of the command's result.
    static func print(_ line: String) { write(line + "\n", to: .standardOutput) }

    /// A piece of a line of the command's result, shown at once; ``print(_:)`` ends the line.
    static func printPart(_ text: String) { write(text, to: .standardOutput) }

    /// A remark: what was done, what is missing. Never part of the result.
    static func note(_ line: String) { write(line + "\n", to: .standardError) }

    /// Something that the user should look at but that does not stop the command.
    static func warn(_ line: String) { write("serre: warning: \(line)\n", to: .standardError) }

    /// The one sentence that says why the command stops.
    static func error(_ line: String) { write("serre: error: \(line)\n", to: .standardError) }

    /// Whether standard error is a terminal, where a progress line may be redrawn.
    static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

    /// Redraws the progress line; nothing when standard error is not a terminal.
    static func progress(_ line: String) {
        guard showsProgress else { return }
        write("\r\u{1B}[2K" + line, to: .standardError)
    }

    /// Ends the progress line.
    static func endProgress() {
        if showsProgress { write("\r\u{1B}[2K", to: .standardError) }
    }

    /// One JSON object on one line of standard output, keys sorted.
    static func printJSON(_ value: some Encodable) throws(Diagnostic) {
        print(try json(value))
    }

    /// A value as JSON on one line, keys sorted: the same text for the same value.
    static func json(_ value: some Encodable) throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw Diagnostic("json.encode", "the result cannot be written as JSON", kind: .failure)
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // A closed pipe (serre … | head) is not an error of ours.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
