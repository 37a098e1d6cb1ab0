import Deduplication
import Diagnostics
import Foundation
import Ingestion
import Testing

@testable import Corpora

/// Code comes out of a build as its source has it, but for the stages that are made for code.
@Suite struct CodeCorpusTests {
    private let folder = TemporaryFolder()

    /// A file with what every stage for prose would cut or replace: lines that all files have, a repeated passage, an
    /// annotation that looks like a user name, an address.
    private static func code(_ number: Int) -> String {
        """
        // This file is part of the glass house, see the licence.
        import Diagnostics
        import Foundation

        /// Written by gardener@example.org; tells @everyone.
        func water\(number)(_ body: @Sendable (Int) -> Void) {
            precondition(\(number) >= 0, "the same long remark stands in each of these files, word by word, to be repeated")
            body(\(number * 7919))
        }

        """
    }

    private func git(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder["repo"], "-c", "user.name=a", "-c", "user.email=a@b.c"] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func build() throws -> TextCorpus {
        for number in 0..<12 { try folder.write("repo/\(number).swift", Self.code(number)) }
        // The same file once more, as another formatter would have it.
        try folder.write("repo/copy.swift", Self.code(3).replacing("    ", with: "\t"))
        try git("init", "-q", ".")
        try git("add", "-A")
        try git("commit", "-qm", "One")
        for number in 0..<12 {
            try folder.write(
                "texts/en/\(number).txt", "A line that every page has\nStory \(number * 31) of @someone and of glass\n")
        }
        var specification = CorpusSpecification(
            name: "code",
            sources: [
                Source(name: "repo", kind: .git(GitTree(path: "repo", include: ["**"]))),
                Source(name: "texts", kind: .folder(TextFolder(path: "texts"))),
            ],
            stages: CorpusSpecification.standardStages.filter { $0.stage.hasPrefix("code-") })
        specification.deduplication.templateLines = LineRule(charactersMin: 15, countMin: 10, counting: .documents)
        specification.deduplication.near = .minhash(try MinHashParameters(threshold: 1))
        specification.deduplication.substrings = .init(bytesMin: 40)
        specification.redaction = StageKind.redactionKinds
        try CorpusBuild(specification, output: folder["out"], options: .init(root: folder.path)).run()
        return try TextCorpus.open(folder["out"])
    }

    @Test func `tokens of code are made, opened and verified like those of prose`() throws {
        _ = try build()
        let builder = TokenBuilder(corpus: folder["out"], tokenizer: "bytes", prefix: folder["tokens/code"])
        let made = try builder.build()
        #expect(made.languages.map(\.code) == ["en", "swift"])
        let opened = try TokenCorpus.open(folder["tokens/code.json"], verify: true)
        #expect(opened.manifest == made)
    }

    @Test func `nothing is cut out of code, and nothing replaced in it`() throws {
        let corpus = try build()
        var texts = [String: String]()
        try corpus.forEachText(language: "swift") { texts[$0.place] = String(decoding: $0.bytes, as: UTF8.self) }
        #expect(texts.count == 12)
        for number in 0..<12 { #expect(texts["\(number).swift"] == Self.code(number)) }
        let swift = try #require(corpus.manifest.languages.first { $0.code == "swift" })
        let cutting = [BuildStage.templateLines, BuildStage.substrings, BuildStage.redaction]
        #expect(!swift.stages.contains { cutting.contains($0.stage) })
        let row = try #require(try corpus.documents(named: "repo:3.swift").first)
        #expect(!row.steps.contains { cutting.contains($0[0]) } && row.steps.contains { $0[0] == BuildStage.exact })
        // Prose beside it is cut and redacted as ever.
        let english = try #require(corpus.manifest.languages.first { $0.code == "en" })
        #expect(english.stages.first { $0.stage == BuildStage.templateLines }?.changed == 12)
        #expect(english.stages.first { $0.stage == BuildStage.redaction }?.changed == 12)
    }

    @Test func `code that differs in white space is the same code`() throws {
        let copy = try #require(try build().documents(named: "repo:copy.swift").first)
        #expect(copy.stage == BuildStage.exact && copy.duplicateOf == "repo:3.swift")
        let card = String(decoding: try folder.read("out/data-card.md"), as: UTF8.self)
        #expect(card.contains("the same whitespace-insensitive") && card.contains("Code stands as in its sources."))
    }
}
