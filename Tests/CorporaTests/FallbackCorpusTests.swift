import Corpora
import Foundation
import Testing

/// The small corpus that the demo falls back on when there is no network.
@Suite struct FallbackCorpusTests {
    private let folder = TemporaryFolder()
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Writing systems, by a letter range that each language of the corpus must use most.
    private static let scripts: [(name: String, range: ClosedRange<UInt32>)] = [
        ("Latin", 0x41...0x24F), ("Greek", 0x370...0x3FF), ("Cyrillic", 0x400...0x4FF), ("Arabic", 0x600...0x6FF),
        ("Japanese", 0x3040...0x30FF), ("Han", 0x4E00...0x9FFF),
    ]

    @Test func `it has enough languages, scripts and documents, with their licence`() throws {
        let source = Self.repository + "/fixtures/corpus"
        let manifest = try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: folder["out"])
        let corpus = try Corpus.open(folder["out"])
        #expect(corpus.languages.count >= 8)
        var used = Set<String>()
        for language in manifest.languages {
            #expect(language.dropped.isEmpty && (6...10).contains(language.kept), "\(language.code)")
            #expect(language.validation.documents >= 1)
            var counts = [Int](repeating: 0, count: Self.scripts.count)
            for row in try corpus.documents(language: language.code) {
                #expect(row.source == "serre-fallback" && row.licence == "Apache-2.0")
                #expect((300...2000).contains(row.bytes), "\(row.path)")
                let text = String(
                    decoding: try Data(contentsOf: URL(fileURLWithPath: "\(source)/\(row.path)")), as: UTF8.self)
                for scalar in text.unicodeScalars {
                    if let script = Self.scripts.firstIndex(where: { $0.range.contains(scalar.value) }) {
                        counts[script] += 1
                    }
                }
            }
            let most = try #require(counts.indices.max { counts[$0] < counts[$1] })
            used.insert(Self.scripts[most].name)
        }
        #expect(used.count >= 4)
    }
}
