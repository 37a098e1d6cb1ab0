import Cleaning
import Deduplication

/// Makes the sketches that near-duplicates are found by.
///
/// Languages that put no space between words are compared by characters, whatever the specification says of words.
struct Sketcher: Sendable {
    private enum Method: Sendable {
        case minhash(words: MinHasher, characters: MinHasher)
        case simhash(words: SimHasher, characters: SimHasher)
    }

    private let method: Method

    /// Primary languages written without spaces between words.
    private static let unspaced = ["bo", "dz", "ja", "km", "lo", "my", "th", "yue", "zh"]

    init(_ near: CorpusSpecification.Near) {
        switch near {
        case .minhash(let parameters):
            var other = parameters
            if parameters.shingling.unit == .words { other.shingling = .characters }
            method = .minhash(words: MinHasher(parameters), characters: MinHasher(other))
        case .simhash(let parameters):
            var other = parameters
            other.shingling = Shingling(.characters, length: parameters.shingling.length)
            method = .simhash(words: SimHasher(parameters), characters: SimHasher(other))
        }
    }

    /// Appends the sketch of a text; `false` for a text that has none.
    func sketch(_ text: [UInt8], language: String, into record: inout RecordWriter) -> Bool {
        let isUnspaced = Self.unspaced.contains(primaryLanguage(of: language))
        switch method {
        case .minhash(let words, let characters):
            guard let signature = (isUnspaced ? characters : words).signature(of: text) else { return false }
            for start in stride(from: 0, to: signature.values.count, by: 2) {
                let second = start + 1 < signature.values.count ? UInt64(signature.values[start + 1]) : 0
                record.write(fixed: UInt64(signature.values[start]) | second << 32)
            }
        case .simhash(let words, let characters):
            guard let fingerprint = (isUnspaced ? characters : words).fingerprint(of: text) else { return false }
            record.write(fixed: fingerprint)
        }
        return true
    }
}

/// The sketches of all documents.
struct SketchIndex {
    private var minhash: MinHashIndex?
    private var simhash: SimHashIndex?

    init(_ near: CorpusSpecification.Near) {
        switch near {
        case .minhash(let parameters): minhash = MinHashIndex(parameters)
        case .simhash(let parameters): simhash = SimHashIndex(parameters)
        }
    }

    /// Adds the sketch that comes next in a record; `false` where it does not fit.
    mutating func add(_ reader: inout RecordReader, document: DocumentNumber) -> Bool {
        if let count = minhash?.parameters.permutations {
            var values = [UInt32]()
            values.reserveCapacity(count + 1)
            while values.count < count {
                guard let pair = reader.fixed() else { return false }
                values.append(UInt32(truncatingIfNeeded: pair))
                values.append(UInt32(truncatingIfNeeded: pair >> 32))
            }
            if values.count > count { values.removeLast() }
            minhash?.add(MinHashSignature(values: values), document: document)
        } else {
            guard let fingerprint = reader.fixed() else { return false }
            simhash?.add(fingerprint, document: document)
        }
        return true
    }

    func nearDuplicates() -> [NearDuplicate] {
        minhash?.nearDuplicates().duplicates ?? simhash?.nearDuplicates() ?? []
    }
}
