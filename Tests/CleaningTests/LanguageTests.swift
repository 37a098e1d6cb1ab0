import Cleaning
import Diagnostics
import Foundation
import Testing

@Suite struct LanguageTests {
    @Test(arguments: fixtureTexts.filter { $0.name != "en/many-languages.txt" })
    func `Texts of this repository are told right`(_ fixture: FixtureText) throws {
        let guess = try LanguageIdentifier.shipped().identify(fixture.text)
        #expect(guess.language == fixture.language)
        #expect(guess.score >= FilterParameters.defaults(for: fixture.language).languageScoreMin)
    }

    @Test(arguments: fixtureTexts.filter { $0.name != "en/many-languages.txt" })
    func `So are their first 200 characters`(_ fixture: FixtureText) throws {
        let start = String(decoding: fixture.text, as: UTF8.self).prefix(200)
        #expect(try LanguageIdentifier.shipped().identify(Array(start.utf8)).language == fixture.language)
    }

    /// Samples of 200 characters of packages that the model did not learn from: see scripts/language_peer.py.
    @Test func `Held-out samples are told right`() throws {
        let identifier = try LanguageIdentifier.shipped()
        let scratch = CleaningScratch()
        var evaluation = LanguageEvaluation()
        for fixture in fixtures("languages") {
            for sample in fixture.text.split(separator: 0x0C) {
                evaluation.add(
                    document: Array(sample), language: fixture.language, identifier: identifier, scratch: scratch)
            }
        }
        #expect(evaluation.languages.count == 30)
        #expect(evaluation.languages.allSatisfy { evaluation.count(of: $0) == 50 })
        let poor = evaluation.languages.filter { evaluation.accuracy(of: $0) < 0.98 }
        // One of the two Danish samples is English that was never translated.
        #expect(poor.allSatisfy { $0 == "da" }, "\(poor.map(evaluation.row))")
        #expect(evaluation.meanAccuracy >= 0.9986)
    }

    @Test func `The model knows the larger languages of ROOTS`() throws {
        let languages = try LanguageIdentifier.shipped().languages
        let roots = "ar as bn ca en es eu fr gu hi id kn ml mr ne or pa pt ta te ur vi zh".split(separator: " ")
        #expect(roots.allSatisfy { languages.contains(String($0)) })
        #expect(languages.count >= 80)
    }

    @Test(arguments: ["", "12345 !!! ??", " \n"])
    func `A text without letters has no language`(_ text: String) throws {
        let guess = try LanguageIdentifier.shipped().identify(Array(text.utf8))
        #expect(guess.language == nil)
        #expect(guess.score == 0)
    }

    @Test func `The filter names what it found and lets unknown languages pass`() throws {
        let identifier = try LanguageIdentifier.shipped()
        let text = "The seeds were sown in March, and by the end of May the tomatoes stood as high as the door."
        let french = LanguageFilter(identifier: identifier, language: "fr-CA", scoreMin: 0.8)
        #expect(apply(french, text).outcome.words?.hasPrefix("en with ") == true)
        #expect(apply(french, text).outcome.isDropped)
        #expect(!apply(LanguageFilter(identifier: identifier, language: "en", scoreMin: 0.8), text).outcome.isDropped)
        #expect(apply(LanguageFilter(identifier: identifier, language: "en", scoreMin: 1.1), text).outcome.isDropped)
        #expect(!apply(LanguageFilter(identifier: identifier, language: "tlh", scoreMin: 0.8), text).outcome.isDropped)
    }

    @Test func `Training gives the same file whatever the order of languages, and the file is checked`() throws {
        let languages = ["de", "el", "fr", "zh"]
        let model = { (order: [String]) in
            var trainer = LanguageTrainer(featureCount: 500)
            for language in order {
                let texts = fixtureTexts.filter { $0.language == language }
                trainer.add(tag: language, text: Array(texts.map(\.text).joined()))
            }
            return try trainer.model()
        }
        let bytes = try model(languages)
        #expect(try model(languages.reversed()) == bytes)
        let path = NSTemporaryDirectory() + "language-model-\(ProcessInfo.processInfo.globallyUniqueString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let identifier = try LanguageIdentifier(path: path)
        #expect(identifier.languages == languages)
        for fixture in fixtureTexts where languages.contains(fixture.language) {
            #expect(identifier.identify(fixture.text).language == fixture.language)
        }
        for place in [0, 8, 12, 30, bytes.count - 1] {
            var damaged = bytes
            damaged[place] ^= 0x40
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            #expect(throws: Diagnostic.self) { try LanguageIdentifier(path: path) }
        }
    }

    @Test func `Training refuses a language twice and none at all`() {
        var trainer = LanguageTrainer(featureCount: 10)
        #expect(throws: Diagnostic.self) { try trainer.model() }
        trainer.add(tag: "fr", text: Array("un deux trois".utf8))
        trainer.add(tag: "fr", text: Array("quatre cinq six".utf8))
        #expect(throws: Diagnostic.self) { try trainer.model() }
    }

    @Test(arguments: ["en", "fr", "zh", "ar", "ru", "vi", "hi"])
    func `Stop words are shipped`(_ language: String) {
        #expect((WordList.stopWords(of: language)?.count ?? 0) >= 30)
        #expect(WordList.stopWordLanguages.count >= 25)
    }
}
