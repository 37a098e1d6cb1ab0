import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Corpora

@Suite struct CorpusReadingTests {
    private let folder = TemporaryFolder()

    /// Builds a corpus of several small shards per language and opens it.
    private func smallShards() throws -> Corpus {
        try folder.writeTexts(count: 20)
        var options = CorpusBuilder.Options()
        options.maximumTokensPerShard = 64
        _ = try CorpusBuilder.build(
            sources: [CorpusSource(path: folder["texts"])], output: folder["out"], options: options)
        return try Corpus.open(folder["out"])
    }

    /// The tokens of one split (and language) made from the source texts, the slow way.
    private func expectedTokens(_ corpus: Corpus, _ split: Split, _ languages: [String]) throws -> [Int32] {
        var tokens = [Int32]()
        for language in languages {
            for row in try corpus.documents(language: language) where row.split == split {
                tokens += try folder.read("texts/\(row.path)").map(Int32.init) + [256]
            }
        }
        return tokens
    }

    @Test(arguments: [1, 7, 63, 64, 200]) func `windows run across shards`(length: Int) throws {
        let corpus = try smallShards()
        #expect(corpus.manifest.shards.filter { $0.split == .train }.count > 6)
        let tokens = try expectedTokens(corpus, .train, corpus.languages)
        #expect(corpus.trainTokenCount == tokens.count)
        #expect(corpus.trainWindowCount(sequenceLength: length) == (tokens.count - 1) / length)
        var window = [Int32](repeating: -1, count: length + 3)
        for index in 0..<corpus.trainWindowCount(sequenceLength: length) {
            window.withUnsafeMutableBufferPointer { corpus.trainWindow(index, sequenceLength: length, into: $0) }
            #expect(Array(window[0...length]) == Array(tokens[index * length..<(index + 1) * length + 1]))
            #expect(window[(length + 1)...].allSatisfy { $0 == -1 })
        }
    }

    @Test func `held-out windows are a language's own`() throws {
        let corpus = try smallShards()
        for language in corpus.languages {
            let tokens = try expectedTokens(corpus, .validation, [language])
            #expect(corpus.validationTokenCount(language: language) == tokens.count)
            var window = [Int32](repeating: 0, count: 6)
            for index in 0..<corpus.validationWindowCount(language: language, sequenceLength: 5) {
                window.withUnsafeMutableBufferPointer {
                    corpus.validationWindow(language: language, index: index, sequenceLength: 5, into: $0)
                }
                #expect(window == Array(tokens[index * 5..<index * 5 + 6]))
            }
        }
    }

    @Test func `shards hold little-endian numbers and whole documents`() throws {
        try folder.write("texts/fr/a.txt", "é")
        _ = try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["out"])
        #expect(try folder.read("out/train-fr-000.tokens") == [0xC3, 0, 0xA9, 0, 0, 1])
    }

    @Test func `every altered or truncated file is named`() throws {
        _ = try smallShards()
        for name in try folder.names("out") {
            let bytes = try folder.read("out/\(name)")
            var altered = bytes
            altered[bytes.count / 2] ^= 1
            for bad in [altered, Array(bytes.dropLast(2)), bytes + [10], []] {
                try folder.write("out/\(name)", bad)
                let error = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) }
                #expect(error?.location?.file == folder["out/\(name)"], "\(name), \(bad.count) bytes")
                #expect(error?.expected != nil && error?.found != nil)
                #expect(error?.exitStatus == 2)
            }
            try FileManager.default.removeItem(atPath: folder["out/\(name)"])
            let missing = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) }
            #expect(missing?.location?.file?.hasPrefix(folder["out"]) == true)
            try folder.write("out/\(name)", bytes)
        }
        #expect(diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) } == nil)
    }

    @Test func `every byte of the manifest counts`() throws {
        try folder.write("texts/fr/a.txt", "un")
        _ = try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["out"])
        let bytes = try folder.read("out/manifest.json")
        for at in bytes.indices {
            var altered = bytes
            altered[at] = altered[at] == 32 ? 9 : altered[at] ^ 1
            try folder.write("out/manifest.json", altered)
            let error = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) }
            #expect(error?.location?.file == folder["out/manifest.json"], "byte \(at)")
        }
    }

    @Test func `without verification sizes are checked still`() throws {
        let corpus = try smallShards()
        let name = corpus.manifest.shards[0].file
        let bytes = try folder.read("out/\(name)")
        try folder.write("out/\(name)", bytes.dropLast(2))
        let error = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"], verify: false) }
        #expect(error?.code == "corpus.truncated")
        #expect(error?.location?.file == folder["out/\(name)"])
    }

    @Test func `a manifest that leads out of its folder is refused`() throws {
        var manifest = try smallShards().manifest
        manifest.shards[0].file = "../texts/fr/a/page-0.txt"
        try folder.write("out/manifest.json", try manifest.sealed())
        let error = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) }
        #expect(error?.code == "corpus.manifest")
    }

    @Test func `another version and another folder are told apart`() throws {
        var manifest = try smallShards().manifest
        manifest.version = 3
        try folder.write("out/manifest.json", try manifest.sealed())
        let version = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["out"]) }
        #expect(version?.code == "corpus.version")
        let texts = diagnostic { () throws(Diagnostic) in _ = try Corpus.open(folder["texts"]) }
        #expect(texts?.code == "corpus.not-a-corpus")
    }

    @Test func `the entropy is the one of the frequencies`() throws {
        // Four tokens of train text, each once with the document end: a, b, c and 256.
        try folder.write("texts/fr/a.txt", "abc")
        _ = try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["out"])
        let corpus = try Corpus.open(folder["out"])
        #expect(corpus.trainTokenCounts().reduce(0, +) == 4)
        #expect(abs(corpus.unigramEntropyNatsPerToken - log(4)) < 1e-12)
        #expect(abs(corpus.unigramEntropyBitsPerByte - 2 * 4.0 / 3) < 1e-12)
    }
}
