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
            let kept = lines.filter { Self.step(of: $0).map { $0 <= step } ?? false }
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

    private static func step(of line: Substring) -> Int? {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["step"] as? Int
    }

    private func failure() -> Diagnostic {
        Diagnostic(
            "metrics.write", "cannot write the metrics: \(String(cString: strerror(errno)))", at: .init(file: path),
            remedy: "the last checkpoint is whole; free some space and go on with serre train --resume", kind: .failure)
    }
}
