/// How often texts of each language are told to be of each language.
public struct LanguageEvaluation: Sendable, Equatable {
    /// Samples are at least this many characters, of whole lines.
    public static let sampleCharacters = 200
    /// Samples of one document at most, so that long documents don't decide.
    public static let samplesPerDocument = 3

    /// One cell of the table.
    public struct Confusion: Sendable, Equatable {
        public var language: String
        public var told: String
        public var count: Int
    }

    public private(set) var languages: [String] = []
    private var told: [[String: Int]] = []

    public init() {}

    /// Judges samples of a document; returns the wrong ones with what they were taken for.
    @discardableResult
    public mutating func add(
        document: [UInt8], language: String, identifier: LanguageIdentifier, scratch: CleaningScratch
    ) -> [(sample: [UInt8], told: String)] {
        var wrong: [(sample: [UInt8], told: String)] = []
        for sample in Self.samples(of: document) {
            let guess = identifier.identify(sample, using: scratch).language ?? "-"
            add(language: language, told: guess)
            if guess != language { wrong.append((sample, guess)) }
        }
        return wrong
    }

    /// Counts one judgement.
    public mutating func add(language: String, told guess: String) {
        let place = languages.firstIndex(of: language) ?? languages.endIndex
        if place == languages.endIndex {
            languages.append(language)
            told.append([:])
        }
        told[place][guess, default: 0] += 1
    }

    public func count(of language: String) -> Int {
        row(of: language).reduce(0) { $0 + $1.count }
    }

    /// The share of a language's samples that were told right; 0 without samples.
    public func accuracy(of language: String) -> Double {
        let all = count(of: language)
        let right = row(of: language).first { $0.told == language }?.count ?? 0
        return all == 0 ? 0 : Double(right) / Double(all)
    }

    /// The mean of the languages' accuracies, each counting the same.
    public var meanAccuracy: Double {
        languages.isEmpty ? 0 : languages.reduce(0) { $0 + accuracy(of: $1) } / Double(languages.count)
    }

    /// What the samples of a language were taken for, the most frequent first.
    public func row(of language: String) -> [Confusion] {
        guard let place = languages.firstIndex(of: language) else { return [] }
        return told[place].map { Confusion(language: language, told: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.told < $1.told }
    }

    /// The first pieces of at least ``sampleCharacters`` characters: whole lines, one after the other.
    static func samples(of document: [UInt8]) -> [[UInt8]] {
        var samples: [[UInt8]] = []
        var sample: [UInt8] = []
        for line in document.split(separator: 0x0A) {
            if !sample.isEmpty { sample.append(0x0A) }
            sample += line
            let characters = sample.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
            if characters >= sampleCharacters {
                samples.append(sample)
                sample = []
                if samples.count == samplesPerDocument { break }
            }
        }
        return samples
    }
}
