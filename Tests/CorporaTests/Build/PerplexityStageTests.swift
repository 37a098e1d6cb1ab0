import Cleaning
import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Corpora

/// The stage `perplexity`: model files that a specification names, and what they decide.
@Suite struct PerplexityStageTests {
    private let folder = TemporaryFolder()
    private static let text = """
        name: pages
        sources:
          - {name: pages, kind: folder, path: texts}
        stages:
          - perplexity:
              languages:
                en: {model: models/en.bin, maximum: 3}
                fr: {model: models/fr.bin}
        """

    private func sentence(_ number: Int) -> String {
        let places = ["in the glass house", "by the old barrel", "under the warm roof", "behind the door"]
        let plants = ["tomatoes", "beans", "peppers", "seedlings", "lemons"]
        return "The \(plants[number % 5]) \(places[number % 4]) were watered on day \(number) of the spring."
    }

    /// Pages of sentences and two of noise, and models of other sentences.
    private func write() throws {
        for page in 0..<8 {
            let lines = (0..<6).map { sentence(1000 + 7 * page + $0) }
            try folder.write("texts/en/page-\(page).txt", lines.joined(separator: "\n"))
        }
        try folder.write("texts/en/noise-1.txt", String(sentence(3).reversed()))
        try folder.write("texts/en/noise-2.txt", (0..<60).map { "x\($0 &* 7919 % 251)qzj" }.joined(separator: " "))
        try folder.write("texts/fr/page.txt", "Une serre de verre et de lumière.")
        try folder.write("texts/de/page.txt", "Ein Haus aus Glas.")
        try writeModel("en", (0..<200).map(sentence))
        try writeModel("fr", ["Une serre chaude, une serre froide."])
    }

    private func writeModel(_ language: String, _ texts: [String], to name: String? = nil) throws {
        var trainer = ByteModelTrainer(language: language, order: 4)
        for text in texts { trainer.add(Array(text.utf8)) }
        try FileManager.default.createDirectory(atPath: folder["models"], withIntermediateDirectories: true)
        try trainer.model().write(to: folder["models/\(name ?? language).bin"])
    }

    private func specification(_ text: String = Self.text) throws(Diagnostic) -> CorpusSpecification {
        try CorpusSpecification.parse(text, file: "pages.yaml")
    }

    @discardableResult
    private func build(
        _ output: String = "out", workers: Int = 1, _ text: String = Self.text
    ) throws(Diagnostic) -> TextCorpusManifest {
        var options = CorpusBuild.Options(workers: workers, root: folder.path)
        options.unitFiles = 3
        return try CorpusBuild(try specification(text), output: folder[output], options: options).run()
    }

    @Test func `noise is dropped with its measure, and prose is kept`() throws {
        try write()
        let manifest = try build()
        let english = try #require(manifest.languages.first { $0.code == "en" })
        #expect(english.documents == 10 && english.kept == 8)
        let stage = try #require(english.stages.first { $0.stage == "perplexity" })
        #expect(stage.dropped == 2 && stage.parameters?["model"] == "models/en.bin")
        let corpus = try TextCorpus.open(folder["out"])
        for name in ["noise-1", "noise-2"] {
            let row = try #require(try corpus.documents(named: "pages:en/\(name).txt").first)
            #expect(row.stage == "perplexity")
            #expect(row.reason?.hasSuffix("of at most 3.00 bits per byte") == true, "\(row)")
        }
        // Without a maximum it is measured; without a model the language has no such stage.
        let french = try #require(try corpus.documents(named: "pages:fr/page.txt").first)
        #expect(french.steps.contains { $0.first == "perplexity" && $0.last?.hasSuffix("bits per byte") == true })
        let german = try #require(manifest.languages.first { $0.code == "de" })
        #expect(german.kept == 1 && !german.stages.contains { $0.stage == "perplexity" })
    }

    @Test func `workers change no byte`() throws {
        try write()
        try build("one", workers: 1)
        try build("two", workers: 2)
        #expect(try folder.names("one") == folder.names("two"))
        for name in try folder.names("one") { #expect(try folder.read("one/\(name)") == folder.read("two/\(name)")) }
    }

    @Test func `the model is part of the specification's digest`() throws {
        try write()
        let first = try build("first")
        try writeModel("en", (0..<199).map(sentence))
        let second = try build("second")
        #expect(first.specificationDigest != second.specificationDigest && first.digest != second.digest)
        // The same model at another place is named there, but an unchanged file gives the same digest again.
        try writeModel("en", (0..<200).map(sentence))
        #expect(try build("third") == first)
        let carried = try CorpusSpecification.parse(first.specification)
        #expect(carried.digest == first.specificationDigest && carried.yaml == first.specification)
    }

    @Test func `a corpus is built again with the same model or not at all`() throws {
        try write()
        let carried = try build().specification
        try writeModel("fr", ["Une autre serre."])
        let error = try #require(diagnostic { () throws(Diagnostic) in try build("again", carried) })
        #expect(error.code == "specification.model-changed" && error.location?.line != nil, "\(error)")
        #expect(error.description.contains("models/fr.bin"))
        #expect(try folder.names() == ["models", "out", "texts"])
    }

    @Test(arguments: ["missing", "damaged", "not a model", "another language"])
    func `a model that cannot be used is named with its key`(what: String) throws {
        try write()
        switch what {
        case "missing": try FileManager.default.removeItem(atPath: folder["models/fr.bin"])
        case "damaged":
            var bytes = try folder.read("models/fr.bin")
            bytes[bytes.count / 2] ^= 1
            try folder.write("models/fr.bin", bytes)
        case "not a model": try folder.write("models/fr.bin", "bonjour")
        default: try writeModel("de", ["Ein Haus aus Glas."], to: "fr")
        }
        let error = try #require(diagnostic { () throws(Diagnostic) in try build() })
        #expect(error.location?.file == "pages.yaml" && error.location?.line == 8, "\(error)")
        #expect(error.location?.key?.hasSuffix("perplexity.languages.fr.model") == true, "\(error)")
        #expect(error.description.contains("models/fr.bin") && error.kind == .badInput, "\(error)")
        #expect(try folder.names() == ["models", "texts"], "nothing half-written")
    }

    @Test(arguments: [
        ("{model: models/en.bin}", "specification.of-language"),
        ("{languages: {en: {model: a.bin, digest: abc}}}", "specification.digest"),
        ("{languages: {en: {model: a.bin, maximum: 0}}}", "specification.out-of-range"),
        ("{languages: {en: {modle: a.bin}}}", "specification.unknown-key"),
    ])
    func `what is wrong in the specification is named`(parameters: String, code: String) throws {
        let text = "name: x\nsources: [{name: a, kind: folder, path: t}]\nstages: [{perplexity: \(parameters)}]"
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try specification(text) })
        #expect(error.code == code && error.location?.line == 3, "\(error)")
    }

    @Test func `a digest needs its model`() throws {
        let digest = SHA256.digest(of: "x".utf8).description
        let text = Self.text.replacingOccurrences(of: "model: models/fr.bin", with: "digest: \"\(digest)\"")
        try write()
        let error = try #require(diagnostic { () throws(Diagnostic) in try build("out", text) })
        #expect(error.code == "specification.missing-key", "\(error)")
    }
}
