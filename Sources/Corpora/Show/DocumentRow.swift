import Cleaning
import Foundation

/// A document's row in a table of documents: what it is, where it is from and what each stage decided.
public struct DocumentRow: Codable, Sendable, Equatable {
    /// The size of the text in the corpus; 0 for a document that is not in it.
    public var bytes: Int
    /// The size of the text as the source gives it.
    public var bytesIn: Int
    /// `kept` or `dropped`.
    public var decision: String
    /// The document that it duplicates, as `source:place`.
    public var duplicateOf: String?
    /// The digest of the text in the corpus, or of the cleaned text of a document that was left out afterwards.
    public var id: String?
    public var language: String
    public var licence: String?
    /// The place below the source's root.
    public var place: String
    /// The digest of the text as the source gives it.
    public var raw: String
    /// Why it is not in the corpus.
    public var reason: String?
    public var source: String
    public var split: Split?
    /// The stage that left it out.
    public var stage: String?
    /// Stage, decision and measure of every step, in order.
    public var steps: [[String]]
    public var url: String?

    enum CodingKeys: String, CodingKey {
        case bytes, decision, id, licence, place, raw, reason, source, split, stage, steps, url
        case bytesIn = "bytes_in"
        case duplicateOf = "duplicate_of"
        case language = "lang"
    }

    /// The document's name among all: `source:place`.
    public var name: String { "\(source):\(place)" }

    /// The row as JSON on one line.
    public func json() -> String {
        (try? encodeJSON(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The row and its steps for people.
    public var lines: [String] {
        var lines = ["\(name)  (\(language))"]
        lines.append("  \(decisionText)")
        lines.append("  \(counted(bytesIn, "byte")) as found\(bytes > 0 ? ", \(bytes) in the corpus" : "")")
        lines.append("  found    \(raw)")
        if let id { lines.append("  \(decision == "kept" ? "kept as " : "cleaned ") \(id)") }
        if let licence { lines.append("  licence  \(licence)") }
        if let url { lines.append("  address  \(url)") }
        let width = steps.map { $0.first?.count ?? 0 }.max() ?? 0
        for step in steps {
            let stage = step.first ?? ""
            let decision = step.dropFirst().first ?? ""
            let padded = stage + String(repeating: " ", count: max(0, width - stage.count))
            let word = decision + String(repeating: " ", count: max(0, 7 - decision.count))
            lines.append(("    \(padded)  \(word)  " + (step.count > 2 ? step[2] : "")).trimmedAtEnd)
        }
        return lines
    }

    private var decisionText: String {
        if let stage { return "dropped by \(stage)" + (reason.map { ": \($0)" } ?? "") }
        return "kept" + (split.map { ", for \($0.rawValue)" } ?? "")
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
