import Cleaning
import Testing

@Suite struct CleaningPipelineTests {
    @Test func `The order is that of ROOTS`() throws {
        var resources = try CleaningResources.shipped(for: "fr")
        resources.flaggedWords = try WordList(["abc"])
        resources.byteModel = ByteModelTrainer(language: "fr").model()
        #expect(
            CleaningPipeline.text(language: "fr", resources: resources).stages.map(\.name) == [
                "unicode", "whitespace", "link-words", "long-words", "word-count", "character-repetition",
                "word-repetition", "special-characters", "stop-words", "flagged-words", "language", "perplexity",
            ])
        #expect(
            CleaningPipeline.code().stages.map(\.name) == [
                "code-line-ends", "code-size", "code-lines", "code-tokens", "code-characters",
            ])
    }

    @Test func `Each stage says what it did, up to the one that drops`() {
        let pipeline = CleaningPipeline([
            WhitespaceNormalisation(), WordCountFilter(minimum: 3, maximum: 9), SpecialCharacterFilter(maximum: 0.5),
        ])
        let kept = pipeline.clean(Array("one  two three".utf8))
        #expect(kept.isKept)
        #expect(kept.text == Array("one two three".utf8))
        #expect(kept.steps.map(\.stage) == ["whitespace", "word-count", "special-characters"])
        #expect(kept.steps[0].outcome == .changed(detail: "1 byte of white space less"))
        let dropped = pipeline.clean(Array("one two".utf8))
        #expect(dropped.dropped?.stage == "word-count")
        #expect(dropped.dropped?.reason == "2 of at least 3 words")
        #expect(dropped.steps.count == 2)
    }

    @Test(arguments: fixtureTexts.filter { ["ar", "en", "es", "fr", "pt", "zh"].contains($0.language) })
    func `Texts of this repository pass ROOTS' limits`(_ fixture: FixtureText) throws {
        let pipeline = CleaningPipeline.text(language: fixture.language, resources: try .shipped(for: fixture.language))
        let result = pipeline.clean(fixture.text)
        #expect(result.isKept, "\(fixture.name): \(result.dropped?.stage ?? "") \(result.dropped?.reason ?? "")")
    }

    @Test func `What a document becomes depends on no other document`() throws {
        let pipeline = CleaningPipeline.text(language: "en", resources: try .shipped(for: "en"))
        var texts: [[UInt8]] = fixtureTexts.map(\.text)
        texts += [[], Array("short".utf8), Array(repeating: 0x61, count: 100_000)]
        let alone = texts.map { pipeline.clean($0) }
        let scratch = CleaningScratch()
        for (place, text) in texts.enumerated().reversed() {
            #expect(pipeline.clean(text, using: scratch) == alone[place])
        }
    }
}
