import Diagnostics
import Foundation
import Testing

@testable import Corpora

@Suite struct CorpusTextsTests {
    private let folder = TemporaryFolder()

    private func texts(_ split: Split?) throws -> [String] {
        var found: [String] = []
        try CorpusTexts(folder["corpus"]).forEachText(of: split) { (language, text) throws(Diagnostic) in
            found.append("\(language) \(String(decoding: text, as: UTF8.self))")
        }
        return found
    }

    @Test func `a corpus gives each text once, by language and split`() throws {
        try folder.writeTexts(count: 40)
        try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
        #expect(CorpusTexts.isCorpus(folder["corpus"]) && !CorpusTexts.isCorpus(folder["texts"]))
        let (all, train, heldOut) = (try texts(nil), try texts(.train), try texts(.validation))
        #expect(all.count == train.count + heldOut.count && !heldOut.isEmpty)
        #expect(Set(all) == Set(train + heldOut) && Set(all).count == all.count)
    }

    @Test func `an altered file is named`() throws {
        try folder.writeTexts(count: 40)
        let manifest = try CorpusBuilder.build(
            sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
        let shard = try #require(manifest.shards.first)
        var bytes = try folder.read("corpus/" + shard.file)
        bytes[0] ^= 1
        try folder.write("corpus/" + shard.file, bytes)
        let problem = diagnostic { () throws(Diagnostic) in
            try CorpusTexts(folder["corpus"]).forEachText { (_, _) throws(Diagnostic) in }
        }
        #expect(problem?.code == "corpus.digest" && problem?.location?.file?.hasSuffix(shard.file) == true)
    }
}
