import Cleaning
import Deduplication
import Diagnostics
import Integrity

/// Compares the documents of a corpus that was built again with those that it had, so that a removal removes nothing else.
///
/// Documents are told apart by name (`source:place`) and by the digest of the text as the source gives it. What happens to the
/// same text may change: a line that fewer documents share is no template line any more, and a duplicate of a removed document
/// may take its place. Memory: about 100 bytes for each document.
struct RemovalCheck {
    /// Names of one kind: how many, and the first few.
    private struct Names {
        var count = 0
        var first: [String] = []

        mutating func add(_ name: String) {
            count += 1
            if first.count < 3 { first.append(name) }
        }

        /// `2 gone (a:x.txt, a:y.txt)`; `nil` for none.
        func text(_ what: String) -> String? {
            guard count > 0 else { return nil }
            return "\(count) \(what) (\(first.joined(separator: ", "))\(count > first.count ? ", …" : ""))"
        }
    }

    private struct Known {
        /// The beginning of the raw text's digest.
        var raw: UInt64
        /// Whether it was kept, and nobody asked for its removal.
        var mustStay: Bool
        var isSeen = false
    }

    private var numbers = FirstOccurrences()
    private var known: [Known] = []
    private var gone = Names()
    private var changed = Names()
    private var new = Names()
    private var dropped = Names()

    /// The stages whose decision on a text depends on the other documents, so that it may be another one now.
    private static let comparing = [
        BuildStage.exact, BuildStage.near, BuildStage.templateLines, BuildStage.substrings, BuildStage.exactAfterwards,
        BuildStage.removed,
    ]

    /// Throws `corpus.sources-changed` where `new` differs from `old` by more than what `specification` removes.
    static func check(
        _ new: TextCorpus, against old: TextCorpus, removing specification: CorpusSpecification
    ) throws(Diagnostic) {
        var check = RemovalCheck()
        let sources = Set(specification.removed.compactMap(\.source))
        let texts = Set(specification.removed.compactMap(\.document))
        func isAskedFor(_ row: DocumentRow) -> Bool { sources.contains(row.source) || texts.contains(row.raw) }
        try old.forEachRow { (row) throws(Diagnostic) in
            check.remember(row, mustStay: row.decision == "kept" && !isAskedFor(row))
        }
        try new.forEachRow { (row) throws(Diagnostic) in check.meet(row) }
        var number = 0
        try old.forEachRow { (row) throws(Diagnostic) in
            if check.known[number].mustStay, !check.known[number].isSeen { check.gone.add(row.name) }
            number += 1
        }
        try check.report(old)
    }

    private mutating func remember(_ row: DocumentRow, mustStay: Bool) {
        _ = numbers.insert(Self.key(row.name), document: known.count)
        known.append(Known(raw: Self.key(row.raw).high, mustStay: mustStay))
    }

    private mutating func meet(_ row: DocumentRow) {
        guard let number = numbers.insert(Self.key(row.name), document: known.count), number < known.count else {
            return new.add(row.name)
        }
        known[number].isSeen = true
        if known[number].raw != Self.key(row.raw).high { return changed.add(row.name) }
        guard known[number].mustStay, row.decision != "kept", !Self.comparing.contains(row.stage ?? "") else { return }
        dropped.add(row.name)
    }

    private static func key(_ text: String) -> DocumentKey { DocumentKey(of: SHA256.digest(of: text.utf8)) }

    private func report(_ old: TextCorpus) throws(Diagnostic) {
        let found = [
            gone.text("gone"), changed.text("changed"), new.text("new"), dropped.text("dropped that were kept"),
        ].compactMap(\.self)
        guard !found.isEmpty else { return }
        throw Diagnostic(
            "corpus.sources-changed", "the sources are not those that the corpus was built from",
            at: .init(file: old.folder), expected: "all other documents as they were",
            found: found.joined(separator: ", "),
            remedy:
                "restore the sources; or, to take them as they are, build a new corpus from its specification with this "
                + "removal in it; nothing was replaced")
    }
}

extension CorpusRemoval.Outcome {
    /// Checks a corpus that was built from ``specification`` against the one that it was made from.
    ///
    /// Throws `corpus.sources-changed` where a document is gone, changed or new that nobody asked for.
    public func check(_ new: TextCorpus, against old: TextCorpus) throws(Diagnostic) {
        try RemovalCheck.check(new, against: old, removing: specification)
    }
}
