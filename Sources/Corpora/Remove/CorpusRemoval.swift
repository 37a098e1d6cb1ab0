import Diagnostics

/// What to take out of a built corpus, and the specification that leaves it out.
public struct CorpusRemoval: Sendable {
    /// Names of sources.
    public var sources: [String]
    /// Documents, as ``TextCorpus/documents(named:limit:)`` takes them.
    public var documents: [String]
    /// Why, for the manifest.
    public var reason: String?
    /// Whether documents that were left out as near-duplicates of a removed one stay out too.
    public var includesNearCopies: Bool

    public init(
        sources: [String] = [], documents: [String] = [], reason: String? = nil, includesNearCopies: Bool = false
    ) {
        (self.sources, self.documents) = (sources, documents)
        (self.reason, self.includesNearCopies) = (reason, includesNearCopies)
    }

    /// What a removal comes to.
    public struct Outcome: Sendable {
        /// The corpus' specification with the removals entered.
        public var specification: CorpusSpecification
        /// The documents that are named, or that are the same as those.
        public var documents: [DocumentRow]
        /// Near-duplicates of them that may come back in their stead.
        public var nearCopies: [DocumentRow]
    }

    /// Finds what is named in a corpus.
    ///
    /// A document goes with all documents that are the same: none of them takes its place. Throws for a source or document
    /// that the corpus has not, for a name of several different documents, and where nothing is named.
    public func outcome(in corpus: TextCorpus) throws(Diagnostic) -> Outcome {
        var specification = try CorpusSpecification.parse(
            corpus.manifest.specification, file: "\(corpus.folder)/\(CorpusManifest.fileName)")
        // Lines of the text in the manifest would lead nobody anywhere.
        specification.sourcePlaces = .init()
        guard !sources.isEmpty || !documents.isEmpty else {
            throw Diagnostic(
                "corpus.nothing-to-remove", "nothing to remove is named", expected: "a source or a document")
        }
        for source in sources {
            try check(source, in: corpus)
            specification.removed.append(Removal(source: source, reason: reason))
        }
        var outcome = Outcome(specification: specification, documents: [], nearCopies: [])
        for query in documents { try add(query, in: corpus, to: &outcome) }
        return outcome
    }

    private func check(_ source: String, in corpus: TextCorpus) throws(Diagnostic) {
        let names = corpus.manifest.sources.map(\.name)
        guard !names.contains(source) else { return }
        throw Diagnostic(
            "corpus.no-such-source", "the corpus has no such source", at: .init(file: corpus.folder),
            expected: "one of \(names.joined(separator: ", "))", found: "\"\(source)\"",
            remedy: nearestWord(to: source, among: names).map { "did you mean \($0)?" })
    }

    private func add(_ query: String, in corpus: TextCorpus, to outcome: inout Outcome) throws(Diagnostic) {
        let found = try corpus.documents(named: query)
        let originals = found.map { $0.duplicateOf ?? $0.name }
        guard let document = found.first, originals.allSatisfy({ $0 == originals[0] }) else {
            throw Diagnostic(
                "corpus.several-documents", "several different documents have this name",
                at: .init(file: corpus.folder),
                expected: "one document", found: found.prefix(5).map(\.name).joined(separator: ", "),
                remedy: "give more digits, or source:place")
        }
        var same = found
        // A duplicate that is named goes with its original, and with the original's other duplicates.
        var heads = [document]
        if let original = document.duplicateOf, document.stage != BuildStage.near {
            heads = try corpus.documents(named: original)
            same += heads
        }
        for head in heads {
            for copy in try corpus.duplicates(of: head) {
                if copy.stage == BuildStage.near, !includesNearCopies {
                    outcome.nearCopies.append(copy)
                } else {
                    same.append(copy)
                }
            }
        }
        for row in same where !outcome.specification.removed.contains(where: { $0.document == row.raw }) {
            outcome.specification.removed.append(Removal(document: row.raw, reason: reason))
            outcome.documents.append(row)
        }
    }
}
