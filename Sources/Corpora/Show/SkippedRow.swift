import Diagnostics
import Foundation

/// A row of the table of inputs that gave no document: where they are, and why.
public struct SkippedRow: Codable, Sendable, Equatable {
    /// What was found, for people.
    public var detail: String?
    /// The place below the source's root.
    public var place: String
    /// A stable word such as `invalid-utf8`.
    public var reason: String
    public var source: String

    /// The input's name among all: `source:place`.
    public var name: String { "\(source):\(place)" }

    /// The row as JSON on one line.
    public func json() -> String {
        (try? encodeJSON(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The row for people.
    public var lines: [String] { [name, "  skipped while reading: \(reason)" + (detail.map { ", \($0)" } ?? "")] }
}

extension TextCorpus {
    /// The inputs called `source:place` that gave no document; at most `limit` of them.
    public func skipped(named query: String, limit: Int = 10) throws(Diagnostic) -> [SkippedRow] {
        let needle = DocumentName(query).needle
        var rows = [SkippedRow]()
        for file in manifest.files where file.kind == .skipped {
            try forEachLine(of: file) { (line, number) throws(Diagnostic) in
                guard rows.count < limit, line.holds(needle) else { return }
                guard let row = try? JSONDecoder().decode(SkippedRow.self, from: Data(line)) else {
                    throw Diagnostic(
                        "corpus.table", "this is not a row of the table of skipped inputs",
                        at: .init(file: "\(folder)/\(file.file)", line: number), remedy: "build the corpus again")
                }
                if row.name == query { rows.append(row) }
            }
        }
        return rows
    }
}
