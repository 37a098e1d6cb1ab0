import Corpora
import Diagnostics
import Foundation
import Integrity
import Interchange
import Testing

@Suite struct TokenCorpusTests {
    private let folder = TemporaryFolder()

    private func build(_ weighting: LanguageWeighting = .tokens(exponent: 1)) throws -> TokenCorpus {
        try folder.writeTexts(count: 60)
        try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
        var builder = TokenBuilder(corpus: folder["corpus"], tokenizer: "bytes", prefix: folder["made/small"])
        builder.weighting = weighting
        try builder.build()
        return try TokenCorpus.open(folder["made/small.json"])
    }

    private func window(_ samples: any SampleSequence, _ sample: Int, _ length: Int) -> [Int32] {
        var tokens = [Int32](repeating: -1, count: length + 1)
        tokens.withUnsafeMutableBufferPointer { samples.copy(sample: sample, into: $0) }
        return tokens
    }

    @Test func `held-out windows are those of the byte corpus`() throws {
        let tokens = try build()
        let corpus = try Corpus.open(folder["corpus"])
        let length = 16
        for language in corpus.languages {
            let count = corpus.validationWindowCount(language: language, sequenceLength: length)
            #expect(tokens.validationWindowCount(language: language, sequenceLength: length) == count && count > 0)
            for index in 0..<count {
                var (a, b) = ([Int32](repeating: -1, count: length + 1), [Int32](repeating: -2, count: length + 1))
                a.withUnsafeMutableBufferPointer {
                    tokens.validationWindow(language: language, index: index, sequenceLength: length, into: $0)
                }
                b.withUnsafeMutableBufferPointer {
                    corpus.validationWindow(language: language, index: index, sequenceLength: length, into: $0)
                }
                #expect(a == b && tokens.textBytes(of: a) == corpus.textBytes(of: b))
            }
        }
        let (one, two) = (try #require(tokens.unigramEntropy), corpus.unigramEntropyNatsPerToken)
        #expect(abs(one - two) < 1e-12)
    }

    @Test(arguments: [
        LanguageWeighting.tokens(exponent: 1), .tokens(exponent: 0.3), .given(["fr": 0, "ja": 1, "ru": 3]),
    ])
    func `samples are windows of the languages in their shares`(weighting: LanguageWeighting) throws {
        let tokens = try build()
        let (length, blocks) = (16, 4 * Blend.blockSize)
        let samples = try tokens.samples(sequenceLength: length, seed: 5, weighting: weighting)
        let visits = samples.visits(ofFirst: blocks)
        let shares = try weighting.shares(tokens.manifest.trainTokens, file: "").map { Double($0) }
        let whole = shares.reduce(0, +)
        #expect(visits.reduce(0) { $0 + $1.samples } == blocks)
        for (language, share) in zip(tokens.languages, shares) {
            let found = visits.first { $0.language == language }?.samples ?? 0
            #expect(abs(Double(found) - share / whole * Double(blocks)) < 3)
        }
        // Every window of every language that has a share is seen, and nothing else.
        let seen = Set((0..<blocks).map { window(samples, $0, length) })
        var expected = Set<[Int32]>()
        for visit in visits {
            let file = try #require(tokens.manifest.languages.first { $0.code == visit.language }?.train?.file)
            let train = try IndexedTokens(prefix: folder["made/" + file])
            #expect(visit.windows == (train.tokenCount - 1) / length && visit.samples > 2 * visit.windows)
            for index in 0..<visit.windows {
                var tokens = [Int32](repeating: -1, count: length + 1)
                tokens.withUnsafeMutableBufferPointer { train.copy(from: index * length, into: $0) }
                expected.insert(tokens)
            }
        }
        #expect(seen == expected)
        #expect(window(samples, 77, length) == window(samples, 77, length))
        let again = try tokens.samples(sequenceLength: length, seed: 6, weighting: weighting)
        #expect((0..<50).map { window(samples, $0, length) } != (0..<50).map { window(again, $0, length) })
    }

    @Test func `the manifest's weights hold unless others are given`() throws {
        let tokens = try build(.given(["fr": 1, "ja": 0, "ru": 0]))
        let own = try tokens.samples(sequenceLength: 16, seed: 1, weighting: nil)
        #expect(own.visits(ofFirst: 10).map(\.language) == ["fr"])
        let given = try tokens.samples(sequenceLength: 16, seed: 1, weighting: .given(["fr": 0, "ja": 1, "ru": 0]))
        #expect(given.visits(ofFirst: 10).map(\.language) == ["ja"])
    }

    @Test func `what is too small for a window is said or left out`() throws {
        let tokens = try build()
        let longest = tokens.manifest.trainTokens.map(\.tokens)
        let between = try #require(longest.min()) + 1
        let kept = try tokens.samples(sequenceLength: between, seed: 1, weighting: nil).visits(ofFirst: 10)
        #expect(kept.count < 3 && !kept.isEmpty)
        let error = diagnostic { () throws(Diagnostic) in
            _ = try tokens.samples(sequenceLength: between, seed: 1, weighting: .given(["fr": 1, "ja": 1, "ru": 1]))
        }
        #expect(error?.code == "data.too-small" && error?.remedy?.contains("weight 0") == true)
        let none = diagnostic { () throws(Diagnostic) in
            _ = try tokens.samples(sequenceLength: 1 << 30, seed: 1, weighting: nil)
        }
        #expect(none?.code == "data.too-small")
    }

    @Test func `a byte corpus takes no weights`() throws {
        _ = try build()
        let corpus = try openTokenSource(folder["corpus"])
        let error = diagnostic { () throws(Diagnostic) in
            _ = try corpus.samples(sequenceLength: 16, seed: 1, weighting: .tokens(exponent: 0.3))
        }
        #expect(error?.code == "data.weights")
    }

    static let files = [
        "small.json", "small-fr-train.bin", "small-fr-train.idx", "small-ja-validation.bin", "small-tokenizer.json",
    ]

    @Test(arguments: files) func `every changed bit is noticed`(file: String) throws {
        _ = try build()
        let sound = try folder.read("made/" + file)
        for place in stride(from: 0, to: sound.count, by: max(1, sound.count / 40)) {
            var bytes = sound
            bytes[place] ^= 1 << UInt8(place % 7)
            try folder.write("made/" + file, bytes)
            let error = diagnostic { () throws(Diagnostic) in
                _ = try TokenCorpus.open(folder["made/small.json"], verify: true)
            }
            #expect(error != nil, "bit \(place % 7) of byte \(place)")
        }
        try folder.write("made/" + file, sound)
        #expect(diagnostic { () throws(Diagnostic) in _ = try TokenCorpus.open(folder["made/small.json"]) } == nil)
    }

    @Test(arguments: files) func `a missing or short file is named`(file: String) throws {
        _ = try build()
        let bytes = try folder.read("made/" + file)
        try folder.write("made/" + file, bytes.dropLast(2))
        let short = diagnostic { () throws(Diagnostic) in
            _ = try TokenCorpus.open(folder["made/small.json"], verify: false)
        }
        #expect(short?.location?.file?.hasPrefix(folder["made/small"]) == true)
        try FileManager.default.removeItem(atPath: folder["made/" + file])
        let missing = diagnostic { () throws(Diagnostic) in _ = try TokenCorpus.open(folder["made/small.json"]) }
        #expect(missing?.location?.file == folder["made/" + file])
    }

    @Test func `a sealed manifest that leads elsewhere is refused`() throws {
        _ = try build()
        let text = String(decoding: try folder.read("made/small.json"), as: UTF8.self)
        for (old, new, key) in [
            ("\"small-fr-train\"", "\"../corpus/x\"", "languages"),
            ("\"vocabulary\" : 257", "\"vocabulary\" : 0", "vocabulary"),
            ("\"document_end\" : 256", "\"document_end\" : 257", "document_end"),
            ("\"uint16\"", "\"float\"", "type"), ("\"small-tokenizer.json\"", "\"/etc/passwd\"", "tokenizer.file"),
        ] {
            try folder.write("made/small.json", try resealed(text.replacingOccurrences(of: old, with: new)))
            let error = diagnostic { () throws(Diagnostic) in _ = try TokenCorpus.open(folder["made/small.json"]) }
            #expect(
                error?.code == "tokens.manifest" && error?.location?.key == key, "\(new): \(String(describing: error))")
        }
    }

    /// The manifest's text with a digest that is right for it.
    private func resealed(_ text: String) throws -> String {
        let place = try #require(text.range(of: "\"digest\" : \"sha256:"))
        let digits = place.upperBound..<text.index(place.upperBound, offsetBy: 64)
        var blank = text
        blank.replaceSubrange(digits, with: String(repeating: "0", count: 64))
        return text.replacingCharacters(in: digits, with: SHA256.digest(of: Array(blank.utf8)).hex)
    }
}
