import Deduplication

/// What becomes of each document, by its number: one byte for each, and an entry for each duplicate.
struct Decisions: Sendable {
    enum Fate: UInt8, Sendable {
        /// Left out while it was cleaned.
        case left
        /// In, as far as is known.
        case kept
        /// The same as an earlier document.
        case exact
        /// Nearly the same as an earlier document.
        case near
        /// The same as an earlier document after lines, repeats or personal data were taken out.
        case exactAfterwards
        /// Nothing was left of it.
        case emptied
    }

    /// The number of each unit's first document, and the number of all documents at the end.
    let bases: [Int]
    private(set) var fates: [Fate]
    /// Duplicates with what they duplicate, by ascending number within each kind.
    private(set) var exact: [Duplicate] = []
    private(set) var near: [NearDuplicate] = []
    private(set) var exactAfterwards: [Duplicate] = []

    struct Duplicate: Sendable, Equatable {
        var document: DocumentNumber
        var original: DocumentNumber
    }

    /// `counts` are the documents of each unit; all are ``Fate/left`` until told otherwise.
    init(counts: [Int]) {
        var bases = [0]
        for count in counts { bases.append((bases.last ?? 0) + count) }
        self.bases = bases
        fates = [Fate](repeating: .left, count: bases.last ?? 0)
    }

    var count: Int { fates.count }

    mutating func keep(_ document: DocumentNumber) { fates[document] = .kept }

    /// `original` may itself be a duplicate: then the document's original is that one's.
    mutating func markExact(_ document: DocumentNumber, original: DocumentNumber) {
        fates[document] = .exact
        let first = Self.original(of: original, in: exact) ?? original
        exact.append(Duplicate(document: document, original: first))
    }

    mutating func markNear(_ duplicates: [NearDuplicate]) {
        for duplicate in duplicates { fates[duplicate.document] = .near }
        near = duplicates
    }

    mutating func markExactAfterwards(_ document: DocumentNumber, original: DocumentNumber) {
        fates[document] = .exactAfterwards
        exactAfterwards.append(Duplicate(document: document, original: original))
    }

    mutating func markEmptied(_ document: DocumentNumber) { fates[document] = .emptied }

    /// What a document duplicates; `nil` for one that is no duplicate.
    func original(of document: DocumentNumber) -> DocumentNumber? {
        switch fates[document] {
        case .exact: Self.original(of: document, in: exact)
        case .exactAfterwards: Self.original(of: document, in: exactAfterwards)
        case .near: nearDuplicate(document)?.original
        case .left, .kept, .emptied: nil
        }
    }

    func nearDuplicate(_ document: DocumentNumber) -> NearDuplicate? {
        let index = Self.search(near.count) { near[$0].document < document }
        return index < near.count && near[index].document == document ? near[index] : nil
    }

    /// Every document that a duplicate points to, ascending and once each.
    func originals() -> [DocumentNumber] {
        let all =
            (exact.map(\.original) + exactAfterwards.map(\.original) + near.flatMap { [$0.original, $0.resembles] })
            .sorted()
        return all.indices.filter { $0 == 0 || all[$0] != all[$0 - 1] }.map { all[$0] }
    }

    private static func original(of document: DocumentNumber, in duplicates: [Duplicate]) -> DocumentNumber? {
        let index = search(duplicates.count) { duplicates[$0].document < document }
        return index < duplicates.count && duplicates[index].document == document ? duplicates[index].original : nil
    }

    /// The first index at which `isBefore` no longer holds.
    static func search(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
