import Diagnostics
import Foundation
import Integrity

/// Makes the file of a language model from labelled text.
///
/// For each n-gram *f* and language *l* the model holds log p(f|l) − log p̄(f), the mean being over languages, cut to
/// ±6 nats and rounded to 8 bits (multinomial naive Bayes with equal priors). Which n-grams it holds: languages choose in
/// turn the next n-gram with the greatest p(f|l)·(log p(f|l) − log p̄(f)) until there are enough. Then a perceptron moves
/// the weights wherever a sample of the same texts is told wrong or with little margin; see `refine`. The same texts,
/// in whatever order of languages, make the same file.
public struct LanguageTrainer {
    public var featureCount: Int
    /// n-grams that a language's text has less often than this are not counted for it.
    public var countMin = 3
    /// How often the perceptron sees each sample.
    public var rounds = 4
    /// The rate of an n-gram that a language's text lacks: the same for all, or languages of little text would seem to
    /// be whatever is unknown.
    static let leastRate = 2e-6
    private var entries: [Entry] = []

    private struct Gram {
        var hash: UInt32
        var count: UInt32
    }

    /// A language tag with the n-grams of its text, by ascending hash, and samples of the text.
    private struct Entry {
        var tag: String
        var total: Int
        var grams: [Gram]
        var samples: [[UInt8]]
    }

    public init(featureCount: Int = 12_000) { self.featureCount = featureCount }

    /// Adds a language (with a script if it has two) with all its text; each once.
    public mutating func add(tag: String, text: [UInt8]) {
        var hashes: [UInt32] = []
        hashes.reserveCapacity(text.count * LanguageFeatures.lengthMax)
        text.withUnsafeBufferPointer { bytes in LanguageFeatures.forEach(in: bytes) { hashes.append($0) } }
        RadixSort.sort(&hashes)
        var grams: [Gram] = []
        var start = 0
        while start < hashes.count {
            var end = start + 1
            while end < hashes.count, hashes[end] == hashes[start] { end += 1 }
            if end - start >= countMin { grams.append(Gram(hash: hashes[start], count: UInt32(end - start))) }
            start = end
        }
        entries.append(.init(tag: tag, total: hashes.count, grams: grams, samples: LanguageSamples.cut(text)))
    }

    /// The model's file.
    ///
    /// - Throws: `cleaning.language-training` without languages, or with one twice.
    public func model() throws(Diagnostic) -> [UInt8] {
        let entries = entries.sorted { $0.tag < $1.tag }
        let tags = entries.map(\.tag)
        guard !tags.isEmpty, Set(tags).count == tags.count, tags.allSatisfy({ (1...8).contains($0.utf8.count) }) else {
            throw Diagnostic(
                "cleaning.language-training", "the languages to train on are wrong",
                expected: "different tags of 1 to 8 characters", found: tags.joined(separator: " "))
        }
        let means = meanRates(entries)
        let chosen = choose(entries, means)
        var perceptron = LanguagePerceptron(rows: rows(entries, chosen, means), classes: tags.count, hashes: chosen)
        perceptron.train(on: entries.map(\.samples), rounds: rounds)
        return file(tags, chosen, perceptron.rounded)
    }

    /// The mean over languages of each n-gram's rate, by ascending hash.
    private func meanRates(_ entries: [Entry]) -> MeanRates {
        var all: [UInt64] = []
        for (place, entry) in entries.enumerated() {
            for gram in entry.grams { all.append(UInt64(gram.hash) << 32 | UInt64(place)) }
        }
        all.sort()
        var means = MeanRates()
        var next = [Int](repeating: 0, count: entries.count)
        for key in all {
            let place = Int(key & 0xFFFF_FFFF)
            let gram = entries[place].grams[next[place]]
            next[place] += 1
            let rate = Double(gram.count) / Double(max(1, entries[place].total)) / Double(entries.count)
            if means.hashes.last == gram.hash {
                means.rates[means.rates.count - 1] += rate
            } else {
                means.hashes.append(gram.hash)
                means.rates.append(rate)
            }
        }
        return means
    }

    private struct MeanRates {
        var hashes: [UInt32] = []
        var rates: [Double] = []

        func rate(of hash: UInt32) -> Double {
            var low = 0
            var high = hashes.count
            while low < high {
                let middle = (low + high) / 2
                if hashes[middle] < hash { low = middle + 1 } else { high = middle }
            }
            return rates[low]
        }
    }

    /// The hashes of the n-grams that languages choose in turn, ascending.
    private func choose(
        _ entries: [Entry], _ means: MeanRates
    ) -> [UInt32] {
        let wishes = entries.map { entry in
            let rated = entry.grams.map { gram in
                let rate = Double(gram.count) / Double(entry.total)
                return (worth: rate * log(rate / means.rate(of: gram.hash)), hash: gram.hash)
            }
            return rated.filter { $0.worth > 0 }
                .sorted { $0.worth != $1.worth ? $0.worth > $1.worth : $0.hash < $1.hash }
                .prefix(featureCount).map(\.hash)
        }
        var chosen = Set<UInt32>()
        var round = 0
        while chosen.count < featureCount, wishes.contains(where: { round < $0.count }) {
            for wish in wishes where round < wish.count && chosen.count < featureCount { chosen.insert(wish[round]) }
            round += 1
        }
        return chosen.sorted()
    }

    /// The weights, a row for each chosen n-gram.
    private func rows(
        _ entries: [Entry], _ chosen: [UInt32], _ means: MeanRates
    ) -> [Int8] {
        var rows = [Int8](repeating: -127, count: chosen.count * entries.count)
        for (place, entry) in entries.enumerated() {
            var next = 0
            for (row, hash) in chosen.enumerated() {
                while next < entry.grams.count, entry.grams[next].hash < hash { next += 1 }
                let isThere = next < entry.grams.count && entry.grams[next].hash == hash
                let counted = isThere ? Double(entry.grams[next].count) / Double(entry.total) : 0
                let rate = max(counted, Self.leastRate)
                let weight = (log(rate / means.rate(of: hash)) / LanguageGuess.unit).rounded()
                rows[row * entries.count + place] = Int8(max(-127, min(127, weight)))
            }
        }
        return rows
    }

    private func file(_ tags: [String], _ chosen: [UInt32], _ rows: [Int8]) -> [UInt8] {
        var bytes = LanguageIdentifier.magic
        let append = { (number: UInt32, bytes: inout [UInt8]) in
            for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(number >> shift & 255)) }
        }
        append(LanguageIdentifier.version, &bytes)
        append(UInt32(tags.count), &bytes)
        append(UInt32(chosen.count), &bytes)
        for tag in tags {
            bytes += Array(tag.utf8) + [UInt8](repeating: 0, count: 8 - tag.utf8.count)
        }
        for hash in chosen { append(hash, &bytes) }
        bytes += rows.map { UInt8(bitPattern: $0) }
        return bytes + SHA256.digest(of: bytes).bytes
    }
}
