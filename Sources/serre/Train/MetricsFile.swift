import Diagnostics
import Foundation
import Integrity

/// `metrics.jsonl`: one line per step and evaluation, appended as the run goes on.
final class MetricsFile {
    private let handle: Int32
    private let path: String

    /// Opens the file; lines of steps after `step` (from a run that went on without saving) are dropped first.
    init(_ path: String, keepingUpTo step: Int) throws(Diagnostic) {
        if let data = FileManager.default.contents(atPath: path) {
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
            let kept = lines.filter { Self.isKept($0, upTo: step) }
            if kept.count < lines.count { try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path) }
        }
        self.path = path
        handle = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard handle >= 0 else { throw failure() }
    }

    deinit { close(handle) }

    func append(_ line: String) throws(Diagnostic) {
        let bytes = Array((line + "\n").utf8)
        guard write(handle, bytes, bytes.count) == bytes.count else { throw failure() }
    }

    /// Steps after the one that a run goes on from are done again; what befell a rehearsed run from outside is not.
    private static func isKept(_ line: Substring, upTo last: Int) -> Bool {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard let object, let step = object["step"] as? Int else { return false }
        return step <= last || object["incident"] != nil && object["virtual_seconds"] != nil
    }

    private func failure() -> Diagnostic {
        Diagnostic(
            "metrics.write", "cannot write the metrics: \(String(cString: strerror(errno)))", at: .init(file: path),
            remedy: "the last checkpoint is whole; free some space and go on with serre train --resume", kind: .failure)
    }
}
