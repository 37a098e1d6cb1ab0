import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Corpora

@Suite struct DescriptionTests {
    /// A manifest with what sources can have and lack, in the numbers of a corpus that would fill disks.
    private static func manifest() throws -> TextCorpusManifest {
        let text =
            """
            name: two | worlds
            version: "2.1"
            description: Texts for a test.
            sources:
              - {name: pages, kind: jsonl, paths: [pages.jsonl], licence: CC-BY-SA-4.0}
              - {name: manuals, kind: folder, path: manuals, language: zh-Hant}
              - {name: code, kind: git, path: code, licence: GPL-3.0-or-later}
            stages: [unicode, word-count]
            redaction: [EMAIL]
            """
        let specification = try CorpusSpecification.parse(text)
        let digest = SHA256.digest(of: "text".utf8)
        func stage(_ name: String, _ documents: Int, _ dropped: Int, _ parameters: [String: String]? = nil)
            -> TextCorpusManifest.Stage
        {
            .init(
                stage: name, documents: documents, dropped: dropped, changed: 1, bytesIn: documents * 1_000,
                bytesOut: (documents - dropped) * 1_000, parameters: parameters)
        }
        func language(_ code: String, _ documents: Int, _ kept: Int, _ minimum: String?)
            -> TextCorpusManifest.Language
        {
            let parameters = minimum.map { ["maximum": "100000", "minimum": $0] }
            return .init(
                code: code, documents: documents, bytesIn: documents * 1_000, kept: kept, bytes: kept * 1_000,
                stages: [
                    stage("unicode", documents, 0), stage("word-count", documents, documents - kept, parameters),
                    stage("redaction", kept, 0),
                ],
                train: .init(documents: kept - kept / 20, bytes: (kept - kept / 20) * 1_000),
                validation: .init(documents: kept / 20, bytes: kept / 20 * 1_000))
        }
        func source(
            _ name: String, _ kind: String, _ licence: String?, _ version: String?, _ documents: Int, _ kept: Int,
            language: String? = nil, skipped: [String: Int] = [:]
        ) -> TextCorpusManifest.SourceEntry {
            .init(
                name: name, kind: kind, language: language, licence: licence, script: nil, version: version,
                documents: documents, bytesIn: documents * 1_000, kept: kept, bytes: kept * 1_000, skipped: skipped)
        }
        func file(_ name: String, _ kind: TextCorpusManifest.File.Kind, _ language: String?)
            -> TextCorpusManifest.File
        {
            .init(file: name, kind: kind, language: language, lines: 3, bytes: 1_234, sha256: digest)
        }
        return TextCorpusManifest(
            name: specification.name, corpusVersion: specification.version, description: specification.description,
            totals: .init(
                documents: 1_300_000, bytesIn: 1_300_000_000, kept: 1_000_060, bytes: 1_000_060_000, skipped: 7),
            languages: [
                language("fr", 1_200_000, 1_000_000, "20"), language("python", 99_900, 0, nil),
                language("zh-Hant", 100, 60, "1"),
            ],
            sources: [
                source(
                    "pages", "jsonl", "CC-BY-SA-4.0", "2026-11", 1_200_000, 1_000_000,
                    skipped: ["not-json": 5, "empty": 2]),
                source("manuals", "folder", nil, nil, 100, 60, language: "zh-Hant"),
                source("code", "git", "GPL-3.0-or-later", "0123456789012345678901234567890123456789", 99_900, 0),
            ],
            files: [
                file("documents-fr.jsonl", .documents, "fr"), file("documents-python.jsonl", .documents, "python"),
                file("documents-zh-Hant.jsonl", .documents, "zh-Hant"), file("skipped.jsonl", .skipped, nil),
                file("texts-fr-00000.jsonl", .texts, "fr"), file("texts-zh-Hant-00000.jsonl", .texts, "zh-Hant"),
            ], removed: [Removal(source: "diaries", reason: "the author | asked")], specification: text,
            specificationDigest: SHA256.digest(of: text.utf8), digest: digest)
    }

    /// The content of a file of fixtures/golden/descriptions; `SERRE_UPDATE_GOLDEN=1` writes it first.
    private func golden(_ name: String, _ text: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardizedFileURL
        let file = root.appendingPathComponent("fixtures/golden/descriptions/\(name)")
        if ProcessInfo.processInfo.environment["SERRE_UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// The files were looked through by eye; the description was found valid by mlcroissant 1.1.1
    /// (scripts/validate-croissant).
    @Test func `card and description are those on file`() throws {
        let manifest = try DescriptionTests.manifest()
        let card = try DataCard(manifest).markdown
        #expect(try card == golden("data-card.md", card))
        let croissant = try Croissant(manifest).json()
        #expect(try croissant == golden("croissant.json", croissant))
    }

    @Test func `the card's front matter names codes, licences and size as Hugging Face spells them`() throws {
        let card = try DataCard(DescriptionTests.manifest()).markdown
        let matter = card.components(separatedBy: "---\n")[1]
        #expect(matter.contains("language:\n- \"fr\"\n- \"zh\"\n"))
        #expect(matter.contains("license:\n- \"cc-by-sa-4.0\"\n- \"unknown\"\n"))
        #expect(matter.contains("size_categories:\n- \"1M<n<10M\"\n"))
        #expect(matter.contains("- config_name: \"zh-Hant\"\n  data_files: \"texts-zh-Hant-[0-9]"))
        #expect(!matter.contains("python"))
    }

    @Test func `a language's files are not those of one whose code begins alike`() throws {
        let card = try DataCard(DescriptionTests.manifest()).markdown
        let line = try #require(card.split(separator: "\n").first { $0.hasPrefix("  data_files: \"texts-fr-") })
        let pattern = String(line.dropFirst("  data_files: \"".count).dropLast())
        func matches(_ code: String, _ number: Int) -> Bool { fnmatch(pattern, ShardSet.name(code, number), 0) == 0 }
        #expect(matches("fr", 0) && matches("fr", 12_345))
        #expect(!matches("fr-CA", 0) && !matches("fr-419", 0) && !matches("fr-41900", 0))
    }

    @Test func `the description holds every data file with its digest, and fields that the files have`() throws {
        let manifest = try DescriptionTests.manifest()
        let json = try Croissant(manifest).json()
        let root = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(root["conformsTo"] as? String == "http://mlcommons.org/croissant/1.1")
        #expect(root["version"] as? String == "2.1.0")
        #expect(root["inLanguage"] as? [String] == ["fr", "zh-Hant"])
        #expect(root["license"] as? [String] == ["https://spdx.org/licenses/CC-BY-SA-4.0"])
        let distribution = try #require(root["distribution"] as? [[String: Any]])
        for file in manifest.files {
            let entry = try #require(distribution.first { $0["@id"] as? String == file.file })
            #expect(entry["@type"] as? String == "cr:FileObject")
            #expect(entry["sha256"] as? String == file.sha256.hex)
            #expect(entry["contentSize"] as? String == "1234 B")
        }
        let sets = distribution.filter { $0["@type"] as? String == "cr:FileSet" }.compactMap { $0["@id"] as? String }
        #expect(sets == ["texts", "documents"])
        let records = try #require(root["recordSet"] as? [[String: Any]])
        for record in records {
            for field in try #require(record["field"] as? [[String: Any]]) {
                let source = try #require(field["source"] as? [String: Any])
                let files = try #require((source["fileSet"] as? [String: String])?["@id"])
                #expect(sets.contains(files))
                #expect((field["dataType"] as? String)?.hasPrefix("sc:") == true)
            }
        }
        #expect((root["isBasedOn"] as? [[String: Any]])?.count == 3)
    }

    @Test func `a corpus is built with both, and its files have the fields that are described`() throws {
        let folder = TemporaryFolder()
        for number in 0..<30 {
            try folder.write("texts/fr/\(number).txt", String(repeating: "la serre \(number) est verte. ", count: 20))
        }
        try folder.write(
            "spec.yaml",
            "name: small\nsources:\n  - {name: s, kind: folder, path: texts, licence: CC0-1.0}\nstages: [unicode]\n")
        let specification = try CorpusSpecification.load(folder["spec.yaml"])
        let manifest = try CorpusBuild(specification, output: folder["out"], options: .init(root: folder.path)).run()
        let described = manifest.files.filter { $0.kind == .description }
        #expect(described.map(\.file) == ["croissant.json", "data-card.md"])
        for file in described {
            let bytes = try folder.read("out/\(file.file)")
            #expect(SHA256.digest(of: bytes) == file.sha256)
            #expect(bytes.count == file.bytes)
        }
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(folder.read("out/croissant.json"))) as? [String: Any])
        for record in try #require(root["recordSet"] as? [[String: Any]]) {
            let fields = try #require(record["field"] as? [[String: Any]]).compactMap { $0["name"] as? String }
            let prefix = record["@id"] as? String == "text" ? "texts-" : "documents-"
            let file = try #require(manifest.files.first { $0.file.hasPrefix(prefix) }).file
            for line in try folder.read("out/\(file)").split(separator: 10) {
                let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
                for field in fields { #expect(object[field] != nil, "\(field) in \(file)") }
            }
            #expect(fields.contains("licence"))
        }
    }
}

@Suite struct FigureTextTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_000, "-1,000")])
    func `counts`(number: Int, text: String) { #expect(FigureText.count(number) == text) }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_049, "1.0 kB"), (1_050, "1.1 kB"), (999_949, "999.9 kB"),
        (1_500_000, "1.5 MB"), (1_614_479_114_961, "1.6 TB"), (.max, "9,223,372.0 TB"),
    ]) func `sizes`(number: Int, text: String) { #expect(FigureText.bytes(number) == text) }

    @Test(arguments: [
        (0, 0, "–"), (0, 5, "0.0 %"), (1, 3, "33.3 %"), (2, 3, "66.7 %"), (5, 5, "100.0 %"), (1, 2_000, "0.1 %"),
        (.max, .max, "100.0 %"), (6, 5, "–"),
    ]) func `shares`(part: Int, whole: Int, text: String) { #expect(FigureText.share(part, of: whole) == text) }

    @Test(arguments: [
        ("CC0-1.0", "cc0-1.0", "https://spdx.org/licenses/CC0-1.0"),
        ("GPL-3.0-or-later", "gpl-3.0", "https://spdx.org/licenses/GPL-3.0-or-later"),
        ("MIT OR Apache-2.0", "other", "MIT OR Apache-2.0"), ("see the site", "other", "see the site"),
    ]) func `licences`(stated: String, card: String, address: String) {
        #expect(LicenceName(stated).cardIdentifier == card)
        #expect(LicenceName(stated).address == address)
    }

    @Test(arguments: [("1", "1.0.0"), ("2.1", "2.1.0"), ("1.2.3", "1.2.3"), ("2026-11", "2026-11"), ("1.", "1.")])
    func `versions`(stated: String, semantic: String) { #expect(Croissant.semantic(stated) == semantic) }
}
