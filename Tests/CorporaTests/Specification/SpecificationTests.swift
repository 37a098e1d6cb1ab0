import Deduplication
import Diagnostics
import Foundation
import Ingestion
import Testing

@testable import Corpora

@Suite struct SpecificationTests {
    private static let least = """
        name: small
        sources:
          - {name: a, kind: folder, path: texts}
        """

    @Test func `name and sources are enough`() throws {
        let specification = try CorpusSpecification.parse(Self.least)
        #expect(specification.name == "small" && specification.sources.map(\.name) == ["a"])
        #expect(specification.stages == CorpusSpecification.standardStages)
        #expect(specification.deduplication.exact == [.stripped])
        #expect(specification.deduplication.templateLines == .templates)
        #expect(specification.validationShare == 0.05 && specification.removed.isEmpty)
    }

    @Test func `every key is read, and the resolved form reads back`() throws {
        let specification = try CorpusSpecification.parse(
            """
            name: all keys
            version: "2.1"
            description: "With a colon: here"
            seed: 7
            sources:
              - {name: a, kind: folder, path: t, extensions: [txt, md], language: pt-BR, script: Latn, licence: MIT}
              - {name: b, kind: jsonl, paths: [x.jsonl, y.jsonl.gz], keys: {text: body, language: l, url: u}}
              - {name: c, kind: debian, path: pool, include: "usr/share/man/{lang}/**", format: man}
              - {name: d, kind: tar, path: t.tar.zst, include: ["**/*.html"], format: html, version: "3"}
              - {name: e, kind: git, path: ., revision: v1.0, include: ["src/**"]}
            stages:
              - unicode: {form: nfkc}
              - word-count:
                  minimum: 3
                  languages:
                    zh: {minimum: 1}
                    fr: {minimum: 5, maximum: 100}
              - special-characters
              - licence: {allowed: [MIT, Apache-2.0]}
            deduplication:
              exact: [stripped, address]
              template_lines: {characters: 9, count: 4, counting: documents}
              near: {method: simhash, unit: characters, length: 4, distance: 3, blocks: 5}
              substrings: {bytes: 60, memory_mib: 8}
            redaction: [EMAIL, KEY]
            split: {validation: 0.1}
            output: {shard_bytes: 1000, compression: none}
            limits: {maximum_document_bytes: 5000, maximum_expansion_ratio: 300, maximum_expanded_bytes: 7000}
            removed:
              - {source: d, reason: "asked by its author"}
              - {document: "sha256:\(String(repeating: "ab", count: 32))"}
            """)
        #expect(specification.sources.map(\.kindName) == ["folder", "jsonl", "debian", "tar", "git"])
        #expect(specification.sources[0].language == "pt-BR")
        let count = specification.stages[1]
        #expect(count.value("minimum", language: "de") == .integer(3))
        #expect(count.value("minimum", language: "zh-Hant") == .integer(1))
        #expect(count.value("maximum", language: "fr") == .integer(100))
        #expect(specification.deduplication.exact == [.stripped, .address])
        #expect(specification.removed.count == 2)
        #expect(specification.limits.maximumDocumentBytes == 5000 && specification.limits.maximumExpansion == 300)
        #expect(specification.limits.maximumExpandedBytes == 7000)
        #expect(specification.limits.freeExpansionBytes == IngestionLimits().freeExpansionBytes)
        let again = try CorpusSpecification.parse(specification.yaml)
        #expect(again == specification)
        #expect(again.yaml == specification.yaml && again.digest == specification.digest)
    }

    @Test func `near-duplicates by MinHash read back too`() throws {
        let specification = try CorpusSpecification.parse(
            Self.least
                + "\ndeduplication: {near: {method: minhash, threshold: 0.8, permutations: 64, bands: 8, rows: 8}}")
        guard case .minhash(let parameters)? = specification.deduplication.near else {
            Issue.record("not MinHash")
            return
        }
        #expect(parameters.threshold == 0.8 && parameters.permutations == 64)
        #expect(try CorpusSpecification.parse(specification.yaml) == specification)
    }

    @Test(arguments: [("false", false), ("true", true), ("minhash", true), ("simhash", true)])
    func `near takes a word`(word: String, isThere: Bool) throws {
        let specification = try CorpusSpecification.parse(Self.least + "\ndeduplication: {near: \(word)}")
        #expect((specification.deduplication.near != nil) == isThere)
    }

    @Test(arguments: [
        ("nam: x\n" + least.dropFirst("name: small\n".count), "specification.unknown-key", "name"),
        (least + "\nstages: [whitespac]", "specification.unknown-stage", "whitespace"),
        (least + "\nstages: [{word-count: {minimun: 3}}]", "specification.unknown-key", "minimum"),
        (least + "\nstages: [{word-count: {minimum: -3}}]", "specification.out-of-range", nil),
        (least + "\nstages: [unicode, unicode]", "specification.stage-twice", nil),
        (least + "\nstages: [{unicode: {form: nfd}}]", "specification.unknown-value", nil),
        (least + "\nstages: [licence]", "specification.missing-key", nil),
        (least + "\nstages: [{word-count: {languages: {French: {minimum: 1}}}}]", "specification.language", nil),
        (least + "\ndeduplication: {near: {method: minhash, distance: 3}}", "specification.near", nil),
        (least + "\ndeduplication: {near: {method: simhash, distance: 9, blocks: 9}}", "simhash.blocks", nil),
        (least + "\nredaction: [EMIAL]", "specification.unknown-value", "EMAIL"),
        (least + "\nsplit: {validation: 1}", "specification.out-of-range", nil),
        (least + "\nlimits: {maximum_expansion: 9}", "specification.unknown-key", "maximum_expansion_ratio"),
        (least + "\nlimits: {maximum_document_bytes: 0}", "specification.out-of-range", nil),
        (least + "\noutput: {compression: gzip}", "specification.unknown-value", nil),
        (least + "\nremoved: [{source: a, document: b}]", "specification.removal", nil),
        (least + "\nremoved: [{document: abc}]", "specification.removal", nil),
        ("name: x\nsources: []", "specification.no-sources", nil),
        ("name: x\nsources: [{name: a, kind: foldr, path: t}]", "specification.unknown-value", "folder"),
        ("name: x\nsources: [{name: a, kind: folder}]", "specification.missing-key", nil),
        ("name: x\nsources: [{name: a, kind: folder, path: t, revision: v1}]", "specification.source", nil),
        ("name: x\nsources: [{name: a, kind: folder, path: t, language: French}]", "specification.language", nil),
        (
            "name: x\nsources: [{name: a, kind: folder, path: t}, {name: a, kind: folder, path: u}]",
            "specification.source-twice", nil
        ),
        ("name: x\nsources: [{name: a, kind: tar, path: t, include: /abs}]", "ingestion.bad-pattern", nil),
        ("name: x\nsources: a", "specification.wrong-type", nil),
    ])
    func `what is wrong is named with its place`(text: String, code: String, suggestion: String?) throws {
        let error = try #require(
            diagnostic { () throws(Diagnostic) in _ = try CorpusSpecification.parse(text, file: "s.yaml") })
        #expect(error.code == code, "\(error)")
        #expect(error.location?.file == "s.yaml" && error.location?.line != nil, "\(error)")
        if let suggestion { #expect(error.remedy?.contains(suggestion) == true, "\(error)") }
    }

    @Test func `overrides replace keys and are named in errors`() throws {
        let folder = TemporaryFolder()
        try folder.write("s.yaml", Self.least)
        let specification = try CorpusSpecification.load(
            folder["s.yaml"], overrides: ["split.validation=0.5", "deduplication.near=minhash"])
        #expect(specification.validationShare == 0.5 && specification.deduplication.near != nil)
        let error = try #require(
            diagnostic { () throws(Diagnostic) in
                _ = try CorpusSpecification.load(folder["s.yaml"], overrides: ["split.validatoin=1"])
            })
        #expect(error.description.contains("--set") && error.remedy?.contains("validation") == true, "\(error)")
    }

    @Test func `the shipped example is read`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let path = root.appendingPathComponent("fixtures/corpora/small.yaml").standardizedFileURL.path
        let specification = try CorpusSpecification.load(path)
        #expect(specification.name == "small")
        #expect(try CorpusSpecification.parse(specification.yaml) == specification)
    }
}
