import Corpora
import Foundation
import Testing

@Suite struct CorpusReportTests {
    private let folder = TemporaryFolder()

    private func report() throws -> CorpusReport {
        for i in 0..<3 {
            try folder.write("texts/fr/\(i).txt", String(repeating: "\(i)", count: 700))
            try folder.write("texts/pt-BR/\(i).txt", "the same")
        }
        return CorpusReport(
            try CorpusBuilder.build(
                sources: [CorpusSource(path: folder["texts"])], output: folder["out"],
                options: .init(maximumBytesPerLanguage: 1500)))
    }

    @Test func `the table`() throws {
        let lines = try report().table.split(separator: "\n").map(String.init)
        #expect(
            lines.dropLast() == [
                "language  documents  kept  held out  bytes  tokens  dropped",
                "fr                3     2         1  1,400   1,402  1 over-limit",
                "pt-BR             3     1         0      8       9  2 duplicate",
                "all               6     3         1  1,408   1,411  2 duplicate, 1 over-limit",
            ])
        #expect(lines.last?.hasPrefix("digest sha256:") == true)
        #expect(lines.allSatisfy { $0.count <= 100 })
    }

    @Test func `the JSON keys`() throws {
        let json = try report().json()
        #expect(!json.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let languages = try #require(object["languages"] as? [String: [String: Any]])
        #expect(languages.keys.sorted() == ["fr", "pt-BR"])
        #expect(languages["fr"]?["documents"] as? Int == 3)
        #expect(languages["fr"]?["bytes"] as? Int == 1400)
        #expect(languages["fr"]?["kept"] as? Int == 2)
        #expect(languages["pt-BR"]?["dropped"] as? [String: Int] == ["duplicate": 2])
    }
}
