import Diagnostics
import Foundation
import Ledger

/// Writes a record for the tests that kill or starve a writer: `LedgerWriter FOLDER EVENTS [RUN]`.
///
/// Begins a run in the repository around the folder, or goes on with one, and prints its id; then adds so many events and
/// prints the number of each as soon as its call has returned. A failure is printed, and ends it with status 1.
@main
enum LedgerWriter {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let events = Int(arguments[2]) else { return fail("FOLDER EVENTS [RUN]") }
        do throws(Diagnostic) {
            guard let ledger = try Ledger.open(enclosing: arguments[1]) else { return fail("no repository") }
            let run = try arguments.count > 3 ? ledger.find(arguments[3]) : begun(ledger)
            say(run.text)
            for number in 0..<events {
                let lines = ["{\"step\":\(number)}"]
                let event = RunEvent(
                    .segment, step: number, message: "\(getpid()) \(number)",
                    files: [RecordFile.metrics(steps: number...number, lines: lines)])
                _ = try ledger.append(event, to: run, at: Date())
                say("\(number)")
            }
        } catch {
            fail("\(error)")
        }
    }

    private static func begun(_ ledger: Ledger) throws(Diagnostic) -> RunID {
        let run = RunID(recipe: "nano", startedAt: Date())
        let manifest = RecordManifest(run: run, recipe: "nano", serre: .init(version: "0.1.0"))
        return try ledger.begin(manifest, at: Date()).run
    }

    /// One write of the whole line, so that a reader never sees a part of it.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func fail(_ reason: String) {
        FileHandle.standardError.write(Data((reason + "\n").utf8))
        exit(1)
    }
}
