import Diagnostics

/// One file of a record: a path inside the record's tree and its bytes.
public struct RecordFile: Sendable, Equatable {
    /// The path, relative and with `/` between folders, such as `data/manifest.json`.
    public var path: String
    public var content: [UInt8]

    public init(path: String, content: [UInt8]) {
        self.path = path
        self.content = content
    }

    /// A file that holds `text` as UTF-8.
    public init(path: String, text: String) {
        self.init(path: path, content: Array(text.utf8))
    }

    /// The metrics of one segment of steps: `metrics/000000/000001-000050.jsonl` with one JSON object per line.
    ///
    /// Each segment is a file of its own, so that a commit adds a file instead of rewriting one that grows, and every
    /// thousand steps have a folder of their own, so that a commit rewrites no long list of names either. Lines must not
    /// contain line breaks.
    public static func metrics(steps: ClosedRange<Int>, lines: [String]) -> RecordFile {
        let folder = padded(steps.lowerBound / 1000 * 1000, 6)
        let name = "\(folder)/\(padded(steps.lowerBound, 6))-\(padded(steps.upperBound, 6)).jsonl"
        precondition(lines.allSatisfy { !$0.utf8.contains(10) }, "a metrics line holds a line break")
        return RecordFile(path: RecordFormat.Path.metrics + name, text: lines.map { $0 + "\n" }.joined())
    }

    /// Checks that the path is one that a caller may write.
    func checkPath() throws(Diagnostic) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let legal = parts.allSatisfy { part in
            let name = String(Substring(part))
            return !name.isEmpty && name != "." && name != ".." && name.lowercased() != ".git" && !part.contains(0)
        }
        guard legal else {
            throw Diagnostic(
                "ledger.file-path", "a record cannot hold a file with this path",
                expected: "a relative path without empty parts, “.”, “..” or “.git”", found: "“\(path)”")
        }
        let top = String(Substring(parts[0]))
        guard ![RecordFormat.Path.code, RecordFormat.Path.snapshot, RecordFormat.Path.manifest].contains(top) else {
            throw Diagnostic(
                "ledger.file-path", "the ledger writes this path of a record itself", found: "“\(path)”",
                remedy: "choose another name")
        }
    }
}
