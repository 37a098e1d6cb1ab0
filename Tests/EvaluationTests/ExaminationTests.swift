import Diagnostics
import Foundation
import Testing

@testable import Evaluation

@Suite("Examination")
struct ExaminationTests {
    private func suite() throws -> Evaluation.Suite {
        try .init(path: "\(TestModel.repository)/suites/greenhouse.yaml")
    }
    private func memory() throws -> Evaluation.Suite { try .init(path: "\(TestModel.repository)/suites/memory.yaml") }

    private static let note = EvaluationResult.Model(
        name: "m", recipe: "nano", step: 0, stateDigest: "sha256:0", parameters: 1, tokenizer: "bytes",
        tokenizerDigest: "sha256:1", sequenceLength: 32, numerics: "exact-1", serre: "0")

    @Test("has the same results whatever the batch, and reads back as it was written")
    func deterministic() throws {
        let suite = try suite()
        let one = try TestModel.underTest(batch: 1).examine(suite)
        #expect(try TestModel.underTest(batch: 7).examine(suite) == one)
        let result = EvaluationResult(model: Self.note, suites: [one])
        let json = try result.json()
        #expect(try EvaluationResult(json: Data(json.utf8), file: "r") == result)
        #expect(try result.json() == json)
        for text in ["", "{}", json.replacing("serre-evaluation", with: "other")] {
            let found = diagnostic { () throws(Diagnostic) in
                _ = try EvaluationResult(json: Data(text.utf8), file: "r.json")
            }
            #expect(found?.code == "evaluate.results")
        }
    }

    @Test("figures are those of the items, over all and by language")
    func figures() throws {
        let result = try TestModel.underTest().examine(suite())
        let choices = try #require(result.tasks.first { $0.name == "choices" })
        let overall = try #require(choices.metrics.first { $0.metric == "acc" && $0.language == nil })
        #expect(overall.items == 22 && choices.items.count == 22)
        #expect(overall.value == choices.items.reduce(0) { $0 + ($1.measures["acc"] ?? 0) } / 22)
        let russian = try #require(choices.metrics.first { $0.metric == "acc" && $0.language == "ru" })
        #expect(russian.items == 3)
        #expect(try #require(overall.low) < overall.value && overall.value < #require(overall.high))
        let pairs = try #require(result.tasks.first { $0.name == "pairs" })
        #expect(pairs.metrics.contains { $0.source == "gender" && $0.metric == "pct_stereotype" })
        let sentences = try #require(result.tasks.first { $0.name == "sentences" })
        let bits = try #require(sentences.metrics.first { $0.metric == "bits_per_byte" && $0.language == nil })
        // Untrained: near equal guesses over 264 ids.
        #expect(abs(bits.value - 8.05) < 1)
        #expect(sentences.items.allSatisfy { $0.measures["tokens"] == $0.measures["bytes"] })
        // Contexts longer than 32 bytes are cut, which is counted.
        #expect(choices.truncated == choices.items.count { $0.dropped != nil } && choices.truncated > 0)
        #expect(choices.items.allSatisfy { $0.answer != nil })
    }

    @Test("a model that knows the answers gets them all right, one that knows the contrary none")
    func extremes() throws {
        let model = try TestModel.underTest()
        // Every position says the byte “a”: the final norm gives a constant that only its row matches.
        try model.executor.load { parameter, tensor, elements, place in
            for (i, element) in elements.enumerated() {
                let isOne =
                    parameter.name == "ln_f.bias"
                    || parameter.name == "word_embeddings.weight" && element / parameter.columns == 97
                place[i] = tensor == .parameters && isOne ? 1 : 0
            }
        }
        func item(_ id: Int, _ content: SuiteItem.Content) -> SuiteItem {
            SuiteItem(id: "\(id)", language: "en", source: nil, content: content, location: .init(file: "f", line: id))
        }
        var task = SuiteTask(name: "t", kind: .multipleChoice)
        task.items = [
            item(1, .choice(context: "c", choices: ["bb", "aa"], delimiter: "", answer: 1)),
            item(2, .choice(context: "c", choices: ["bb", "aa"], delimiter: "", answer: 0)),
            // Summed, the shorter is likelier; per character, and per byte, the one with more of a.
            item(3, .choice(context: "c", choices: ["b", "baaaaaa"], delimiter: "", answer: 1)),
        ]
        let choices = try model.multipleChoice(task)
        #expect(choices.map { $0.measures["acc"] } == [1, 0, 0])
        #expect(choices.map { $0.measures["acc_norm"] } == [1, 0, 1])
        var words = SuiteTask(name: "w", kind: .lastWord)
        words.items = [item(1, .lastWord(context: "c", word: "aaa")), item(2, .lastWord(context: "c", word: "aba"))]
        #expect(try model.lastWord(words).map { $0.measures["acc"] } == [1, 0])
        var answers = SuiteTask(name: "g", kind: .generation)
        answers.length = 3
        answers.items = [
            item(1, .answer(context: "c", references: ["b", " aaa "])),
            item(2, .answer(context: "c", references: ["AAA"])),
        ]
        #expect(try model.generation(answers).map { $0.measures["exact_match"] } == [1, 0])
        answers.ignoreCase = true
        answers.stop = ["aa"]
        #expect(try model.generation(answers).map(\.answer) == ["", ""])
        var memory = SuiteTask(name: "m", kind: .memorisation)
        (memory.prefix, memory.length) = (2, 4)
        memory.items = [item(1, .text("xyaaaa")), item(2, .text("xyaaba")), item(3, .text("xya"))]
        let found = try model.memorisation(memory)
        #expect(found.map { $0.measures["verbatim"] } == [1, 0, 1])
        #expect(found.map { $0.measures["matched_share"] } == [1, 0.5, 1])
        memory.items = [item(7, .text("xy"))]
        #expect(diagnostic { () throws(Diagnostic) in _ = try model.memorisation(memory) }?.location?.line == 7)
    }

    @Test("what a model would write is what one forward pass says it would")
    func memorisationIsGeneration() throws {
        let model = try TestModel.underTest()
        let prompt = Array("Im Garten".utf8).map(Int32.init)
        let written = try TextGenerator(executor: model.executor, prompts: [prompt], batch: 1).generate(
            length: 6, sampling: Sampling(), isText: { _ in true })[0]
        let found = try model.likelihoods(of: [LikelihoodRequest(context: prompt, continuation: written)])
        #expect(found[0].isGreedy)
    }

    @Test("a run's own corpus is read where a task asks for it")
    func ownCorpus() throws {
        let corpus = try TestModel.corpus()
        let result = try TestModel.underTest(source: corpus).examine(memory())
        #expect(result.tasks.map(\.name) == ["held-out", "trained-on", "never-seen"])
        let bits = result.tasks[0].metrics.filter { $0.metric == "bits_per_byte" }
        #expect(bits.compactMap(\.language) == corpus.languages)
        #expect(result.tasks[1].items.count == 100)
        let recipe = try TestModel.recipe()
        var measured = recipe
        measured.evaluation.samplesPerLanguage = 100
        let held = try HeldOutEvaluation(corpus: corpus, recipe: measured).run(on: TestModel.executor(recipe), step: 0)
        for loss in held {
            let found = try #require(bits.first { $0.language == loss.language })
            // Training adds up float32 losses, the examination float64 ones.
            #expect(abs(found.value - loss.bitsPerByte) < 1e-6)
        }
        let model = try TestModel.underTest()
        let suite = try memory()
        // Documents shorter than what is to be repeated are no text for the task.
        var long = suite
        (long.tasks[1].prefix, long.tasks[1].length, long.tasks[1].samples) = (16, 17, 1)
        #expect(try TestModel.underTest(source: corpus).examine(long).tasks[1].items.count == 1)
        #expect(diagnostic { () throws(Diagnostic) in _ = try model.examine(suite) }?.code == "evaluate.no-corpus")
    }

    @Test("a comparison pairs the items, and is the same with the models' places changed")
    func comparison() throws {
        let suite = try suite()
        let one = EvaluationResult(model: Self.note, suites: [try TestModel.underTest().examine(suite)])
        var other = one
        // The other is right on every choice.
        for index in other.suites[0].tasks[1].items.indices {
            other.suites[0].tasks[1].items[index].measures["acc"] = 1
        }
        let found = try PairedComparison(one, other)
        let row = try #require(found.rows.first { $0.task == "choices" && $0.metric == "acc" })
        #expect(row.second == 1 && row.difference > 0 && row.test == .mcnemar && row.probability < 0.01)
        let back = try PairedComparison(other, one)
        let same = try #require(back.rows.first { $0.task == "choices" && $0.metric == "acc" })
        #expect(same.difference == -row.difference && same.probability == row.probability)
        // Of a model with itself nothing differs.
        for row in try PairedComparison(one, one).rows {
            #expect(row.difference == 0 && row.probability == 1)
            #expect(row.interval.map { $0.low == 0 && $0.high == 0 } ?? true)
        }
        let languages = try PairedComparison(one, other, byLanguage: true).rows.compactMap(\.language)
        #expect(Set(languages).count == 8)
        // Items of the models' own corpora that are not the same, and figures without a finite value, are left out and said.
        var apart = one
        apart.suites[0].tasks[1].items[0].id = "another"
        let left = try PairedComparison(one, apart)
        #expect(left.leftOut.contains { $0.contains("choices") && $0.contains("the items differ") })
        #expect(!left.rows.contains { $0.task == "choices" })
        var endless = one
        for index in endless.suites[0].tasks[0].items.indices {
            endless.suites[0].tasks[0].items[index].measures["words"] = 1e-9
        }
        let finite = try PairedComparison(endless, endless)
        #expect(finite.leftOut.contains { $0.contains("word_perplexity") && $0.contains("not finite") })
        #expect(finite.rows.allSatisfy { $0.difference.isFinite && $0.probability == 1 })
        other.suites[0].digest = "sha256:x"
        #expect(diagnostic { () throws(Diagnostic) in _ = try PairedComparison(one, other) }?.code == "compare.suite")
        other.suites[0].name = "another"
        #expect(diagnostic { () throws(Diagnostic) in _ = try PairedComparison(one, other) }?.code == "compare.nothing")
    }
}
