import Diagnostics
import Foundation
import Integrity
import Interchange
import Testing
import Tokenizers

@testable import Corpora

@Suite struct TokenBuilderTests {
    private let folder = TemporaryFolder()

    private func buildCorpus(count: Int = 40) throws {
        try folder.writeTexts(count: count)
        try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
    }

    private func builder(_ prefix: String = "made/small") -> TokenBuilder {
        TokenBuilder(corpus: folder["corpus"], tokenizer: "bytes", prefix: folder[prefix])
    }

    @Test func `byte tokens are those of the byte corpus, document by document`() throws {
        try buildCorpus()
        let manifest = try builder().build()
        let corpus = try Corpus.open(folder["corpus"])
        #expect(manifest.corpus == corpus.digest && manifest.vocabulary == 257 && manifest.documentEnd == 256)
        #expect(manifest.type == "uint16" && manifest.languages.map(\.code) == ["fr", "ja", "ru"])
        for language in manifest.languages {
            let counts = try #require(corpus.manifest.languages.first { $0.code == language.code })
            let (train, heldOut) = (try #require(language.train), try #require(language.validation))
            #expect(heldOut.documents == counts.validation.documents && heldOut.tokens == counts.validation.tokens)
            #expect(train.tokens + heldOut.tokens == counts.tokens && train.bytes + heldOut.bytes == counts.bytes)
            for shard in corpus.manifest.shards where shard.language == language.code {
                let part = try #require(language.part(shard.split))
                // Unsigned 16-bit tokens with the document end after each document are what both formats hold.
                #expect(try folder.read("made/\(part.file).bin") == folder.read("corpus/\(shard.file)"))
                let tokens = try IndexedTokens(prefix: folder["made/" + part.file])
                #expect(tokens.documentCount == shard.documents)
                for document in 0..<tokens.documentCount { #expect(try tokens.document(document).last == 256) }
            }
        }
        #expect(try folder.names("made").filter { $0.hasPrefix(".") } == [])
    }

    @Test func `tokens of another tokeniser decode to the texts`() throws {
        try buildCorpus()
        try folder.write("bpe.json", try Self.tokenizer(merges: ["e r", "s er", "r e"]))
        var builder = builder("made/pairs")
        builder.tokenizer = folder["bpe.json"]
        let manifest = try builder.build()
        #expect(manifest.tokenizer.name == "bpe" && manifest.vocabulary == 260 && manifest.documentEnd == 256)
        #expect(try folder.read("made/pairs-tokenizer.json") == folder.read("bpe.json"))
        #expect(manifest.tokenizer.sha256 == SHA256.digest(of: try folder.read("bpe.json")))
        let tokens = try TokenCorpus.open(folder["made/pairs.json"], verify: true)
        let bytes = try self.builder().build()
        for (language, plain) in zip(manifest.languages, bytes.languages) {
            for split in Split.allCases {
                let (part, whole) = (try #require(language.part(split)), try #require(plain.part(split)))
                #expect(part.documents == whole.documents && part.bytes == whole.bytes)
                let (pairs, single) = try (
                    IndexedTokens(prefix: folder["made/" + part.file]),
                    IndexedTokens(prefix: folder["made/" + whole.file])
                )
                var textBytes = 0
                for document in 0..<part.documents {
                    let ids = try pairs.document(document).map { Int32($0) }
                    let text = try single.document(document).dropLast().map { UInt8($0) }
                    #expect(try ids.last == 256 && tokens.tokenizer.decode(ids.dropLast()) == text)
                    textBytes += tokens.textBytes(of: ids)
                }
                #expect(textBytes == part.bytes)
                #expect(language.code != "fr" || part.tokens < whole.tokens - 2 * part.documents)
            }
        }
    }

    @Test func `a tokeniser without a document end needs one named`() throws {
        try buildCorpus()
        let text = String(decoding: try Self.tokenizer(merges: ["e r"]), as: UTF8.self)
        try folder.write("bpe.json", text.replacingOccurrences(of: "<|end|>", with: "[STOP]"))
        var builder = builder()
        builder.tokenizer = folder["bpe.json"]
        let error = diagnostic { () throws(Diagnostic) in try builder.build() }
        #expect(error?.code == "tokens.document-end" && error?.remedy?.contains("--document-end") == true)
        builder.documentEnd = "[STOP"
        let near = diagnostic { () throws(Diagnostic) in try builder.build() }
        #expect(near?.code == "tokens.document-end" && near?.remedy == "did you mean [STOP]?")
        builder.documentEnd = "[STOP]"
        #expect(try builder.build().documentEnd == 256)
    }

    /// A `tokenizer.json` of the bytes and some pairs of tokens.
    private static func tokenizer(merges: [String]) throws -> Data {
        let whole = try JSONSerialization.jsonObject(with: Data(Tokenizer.bytes.json))
        var object = try #require(whole as? [String: Any])
        var model = try #require(object["model"] as? [String: Any])
        var vocabulary = try #require(model["vocab"] as? [String: Int])
        vocabulary["<|end|>"] = 256
        for (number, pair) in merges.enumerated() {
            vocabulary[pair.replacingOccurrences(of: " ", with: "")] = 257 + number
        }
        model["vocab"] = vocabulary
        model["merges"] = merges
        object["model"] = model
        return try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    }

    @Test(arguments: [1, 2, 3, 7]) func `the files are the same bytes whatever the workers`(workers: Int) throws {
        try folder.writeTexts(count: 5)
        // Documents of several pieces' size, so that there is something to share out.
        for number in 0..<12 {
            try folder.write("texts/fr/b/\(number).txt", String(repeating: "rang \(number) de salades\n", count: 5000))
        }
        try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
        func files(_ name: String, _ workers: Int) throws -> [String: [UInt8]] {
            var builder = builder(name + "/small")
            builder.workers = workers
            var progress: [TokenBuilder.Progress] = []
            try builder.build { progress.append($0) }
            #expect(
                progress.map(\.done) == progress.map(\.done).sorted() && progress.last?.done == progress.last?.whole)
            var files: [String: [UInt8]] = [:]
            for file in try folder.names(name) { files[file] = try folder.read("\(name)/\(file)") }
            return files
        }
        let expected = try files("one", 1)
        #expect(expected.count == 3 * 4 + 2)
        #expect(try files("other", workers) == expected)
    }

    @Test func `a corpus of texts gives the same tokens as one of bytes`() throws {
        try buildCorpus()
        let manifest = try builder().build()
        try writeTextCorpus(changing: { $0 })
        var texts = builder("made/texts")
        texts.corpus = folder["text-corpus"]
        let other = try texts.build()
        for (one, two) in zip(manifest.languages, other.languages) {
            for split in Split.allCases {
                let (a, b) = (one.part(split), two.part(split))
                #expect(a?.bin == b?.bin && a?.idx == b?.idx && a?.documents == b?.documents && a?.bytes == b?.bytes)
            }
        }
        #expect(other.corpus != manifest.corpus)
    }

    @Test(arguments: [
        ("{\"lang\":\"fr\",\"split\":\"train\"}", "tokens.text"), ("[]", "tokens.text"), ("{\"lang", "tokens.text"),
        ("{\"lang\":\"de\",\"split\":\"train\",\"text\":\"a\"}", "tokens.text"),
        ("{\"lang\":\"fr\",\"split\":\"test\",\"text\":\"a\"}", "tokens.text"),
    ])
    func `a line that is no document is named`(line: String, code: String) throws {
        try buildCorpus()
        try writeTextCorpus { $0.replacingCharacters(in: $0.range(of: "\n")!, with: "\n" + line + "\n") }
        var builder = builder()
        builder.corpus = folder["text-corpus"]
        let error = diagnostic { () throws(Diagnostic) in try builder.build() }
        #expect(error?.code == code && error?.location?.line == 2)
        #expect(error?.location?.file == folder["text-corpus/texts-fr-00000.jsonl"])
        #expect(try folder.names("made") == [])
    }

    @Test func `a text that was altered is refused`() throws {
        try buildCorpus()
        let shard = try folder.names("corpus").first { $0.hasSuffix(".tokens") } ?? ""
        var bytes = try folder.read("corpus/" + shard)
        bytes[0] ^= 1
        try folder.write("corpus/" + shard, bytes)
        let error = diagnostic { () throws(Diagnostic) in try builder().build() }
        #expect(error?.code == "corpus.digest" && error?.location?.file == folder["corpus/" + shard])
        #expect(try folder.names("made") == [])
    }

    @Test func `token files are replaced only when asked, and nothing else ever`() throws {
        try buildCorpus()
        let first = try builder().build()
        let error = diagnostic { () throws(Diagnostic) in try builder().build() }
        #expect(error?.code == "tokens.exists" && error?.location?.file == folder["made/small.json"])
        var again = builder()
        again.replace = true
        again.weighting = .given(["fr": 1, "ja": 2, "ru": 0])
        let second = try again.build()
        #expect(second.digest != first.digest && second.weighting == again.weighting)
        #expect(try TokenManifest.read(folder["made/small.json"]) == second)
        try folder.write("made/other.json", "{\"mine\": true}")
        var other = builder("made/other")
        other.replace = true
        let refused = diagnostic { () throws(Diagnostic) in try other.build() }
        #expect(refused?.code == "tokens.exists")
        try folder.write("made/third-fr-train.bin", "mine")
        let taken = diagnostic { () throws(Diagnostic) in try builder("made/third").build() }
        #expect(taken?.code == "tokens.exists" && taken?.location?.file == folder["made/third-fr-train.bin"])
        #expect(try folder.names("made").filter { $0.hasPrefix("third") } == ["third-fr-train.bin"])
    }

    @Test func `weights of no such language are refused before anything is in place`() throws {
        try buildCorpus()
        var builder = builder()
        builder.weighting = .given(["fr": 1, "ja": 1, "rus": 1, "ru": 1])
        var isBegun = false
        let refused = diagnostic { () throws(Diagnostic) in try builder.build { _ in isBegun = true } }
        #expect(refused?.code == "weights.unknown")
        #expect(!isBegun, "no text is made tokens first")
        #expect(try !folder.names().contains("made"))
    }

    /// The documents of the built byte corpus as a folder of format version 2, one file for each language.
    private func writeTextCorpus(changing: (String) -> String) throws {
        let corpus = try Corpus.open(folder["corpus"])
        var files: [TextCorpusManifest.File] = []
        for code in corpus.languages {
            var lines = ""
            // Splits alternate in the file as they do in the table; within a split the order is the table's.
            var rest: [Split: [[Int]]] = [:]
            for shard in corpus.manifest.shards where shard.language == code {
                let bytes = try folder.read("corpus/" + shard.file)
                let tokens = stride(from: 0, to: bytes.count, by: 2).map { Int(bytes[$0]) + 256 * Int(bytes[$0 + 1]) }
                rest[shard.split, default: []] += tokens.split(separator: 256).map(Array.init)
            }
            for row in try corpus.documents(language: code) {
                let text = String(decoding: (rest[row.split]?.removeFirst() ?? []).map { UInt8($0) }, as: UTF8.self)
                let object = ["id": row.id.description, "lang": code, "split": row.split.rawValue, "text": text]
                let line = try JSONSerialization.data(
                    withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
                lines += String(decoding: line, as: UTF8.self) + "\n"
            }
            let file = "texts-\(code)-00000.jsonl"
            lines = changing(lines)
            try folder.write("text-corpus/" + file, lines)
            files.append(
                .init(
                    file: file, kind: .texts, language: code, lines: lines.count { $0 == "\n" },
                    bytes: lines.utf8.count,
                    sha256: SHA256.digest(of: Array(lines.utf8))))
        }
        try folder.write("text-corpus/manifest.json", try Self.manifest(files))
    }

    /// A manifest of format version 2 with these files, and no figures.
    private static func manifest(_ files: [TextCorpusManifest.File]) throws -> [UInt8] {
        let empty = SHA256.digest(of: [UInt8]())
        var manifest = TextCorpusManifest(
            name: "texts", totals: .init(), languages: [], sources: [], files: files, removed: [], specification: "",
            specificationDigest: empty, digest: empty)
        return [UInt8](try manifest.sealed())
    }
}
