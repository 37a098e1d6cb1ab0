import Diagnostics
import Foundation
import Testing
import Tokenizers

@testable import Evaluation

@Suite("Likelihood")
struct LikelihoodTests {
    private func model(batch: Int = 4) throws -> ModelUnderTest {
        try TestModel.underTest(batch: batch)
    }

    private static let requests: [LikelihoodRequest] = [
        .init(context: [256], continuation: Array("Le serveur".utf8).map(Int32.init)),
        .init(context: [256, 72], continuation: [105]),
        .init(context: Array("abc".utf8).map(Int32.init), continuation: Array("defg".utf8).map(Int32.init)),
        .init(context: [7], continuation: [256]), .init(context: [1, 2, 3], continuation: [4, 5]),
    ]

    @Test("is the sum of the logits' log-softmax at the continuation's tokens")
    func direct() throws {
        let reader = try LogitsReader(recipe: TestModel.recipe(), kernels: TestModel.kernels())
        reader.model.initialize()
        for (request, found) in zip(Self.requests, try model().likelihoods(of: Self.requests)) {
            let whole = request.context + request.continuation
            let logits = try reader.logits(of: whole.dropLast())
            var (nats, greedy) = (0.0, true)
            for place in request.context.count..<whole.count {
                let row = logits[(place - 1) * reader.width..<place * reader.width].map(Double.init)
                let largest = row.max() ?? 0
                let target = row[Int(whole[place])]
                nats += largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - target
                greedy = greedy && target == largest
            }
            #expect(abs(found.nats - nats) < 1e-5 * nats)
            #expect(found.isGreedy == greedy)
            #expect(found.tokens == request.continuation.count && found.dropped == 0)
        }
    }

    @Test("has the same bits whatever is asked with it, and in whatever batch", arguments: [1, 2, 3, 16])
    func batches(batch: Int) throws {
        let together = try model().likelihoods(of: Self.requests)
        #expect(try model(batch: batch).likelihoods(of: Self.requests) == together)
        let backwards = try model(batch: batch).likelihoods(of: Self.requests.reversed())
        #expect(Array(backwards.reversed()) == together)
    }

    @Test("what is longer than the sequence loses its beginning, which is counted")
    func truncation() throws {
        let long = LikelihoodRequest(context: (0..<40).map { Int32($0) }, continuation: [65, 66])
        let short = LikelihoodRequest(context: (9..<40).map { Int32($0) }, continuation: [65, 66])
        let found = try model().likelihoods(of: [long, short])
        #expect(found[0].dropped == 9 && found[1].dropped == 0)
        #expect(found[0].nats == found[1].nats)
        // A continuation longer than the sequence is scored as far as there is room.
        let all = try model().likelihoods(of: [.init(context: [256], continuation: Array(repeating: 65, count: 50))])
        #expect(all[0].tokens == 32 && all[0].dropped == 18)
    }

    @Test("the windows over a document score each token once, with all the context there is room for in the last")
    func rolling() throws {
        let model = try model()
        for count in [1, 31, 32, 33, 64, 70] {
            let tokens = (0..<count).map { Int32($0) }
            let windows = model.rollingRequests(tokens)
            #expect(windows.flatMap(\.continuation) == tokens)
            #expect(windows.allSatisfy { $0.context.count + $0.continuation.count <= 33 })
            #expect(windows[0].context.first == 256)
            if count > 32, count % 32 != 0 {
                #expect(windows.last.map { $0.context.count + $0.continuation.count } == 33)
            }
        }
        #expect(model.rollingRequests([]).isEmpty)
    }

    @Test("white space at the end of a context goes to the continuation")
    func division() throws {
        let model = try model()
        let request = model.request(context: "Wer \n", continuation: " da")
        #expect(model.text(request.context) == "Wer")
        #expect(model.text(request.continuation) == " \n da")
        #expect(model.request(context: "", continuation: "x").context == [256])
        #expect(model.request(context: "a", continuation: "b", beginsDocument: true).context == [256, 97])
    }

    @Test("a context that melts into the continuation's first token leaves a document's beginning")
    func melting() throws {
        let bloom = try Tokenizer.load("\(TestModel.repository)/fixtures/tokenizers/bloom.json")
        var recipe = try TestModel.recipe()
        recipe.model.vocabulary = bloom.vocabularySize
        recipe.model.paddedVocabulary = (bloom.vocabularySize + 7) / 8 * 8
        let model = try ModelUnderTest(
            recipe: recipe, tokenizer: bloom, documentEnd: 2, kernels: TestModel.kernels(), batch: 1)
        model.executor.initialize()
        let request = model.request(context: "e", continuation: "n")
        #expect(model.tokens("en").count == 1 && request.continuation == model.tokens("en"))
        #expect(request.context == [2])
        let found = try model.likelihoods(of: [request, model.request(context: "Wer", continuation: " da")])
        #expect(found[0].tokens == 1 && found[0].nats > 0 && found[1].nats > 0)
    }

    @Test("a model of other tokens is refused")
    func otherTokens() throws {
        let bloom = try Tokenizer.load("\(TestModel.repository)/fixtures/tokenizers/bloom.json")
        let (recipe, kernels) = (try TestModel.recipe(), try TestModel.kernels())
        let found = diagnostic { () throws(Diagnostic) in
            _ = try ModelUnderTest(recipe: recipe, tokenizer: bloom, documentEnd: 2, kernels: kernels)
        }
        #expect(found?.code == "evaluate.tokenizer")
    }

    @Test("a model that has diverged is no model to measure")
    func notFinite() throws {
        let model = try model()
        try model.executor.load { _, _, elements, place in
            for i in elements.indices { place[i - elements.lowerBound] = .nan }
        }
        let found = diagnostic { () throws(Diagnostic) in _ = try model.likelihoods(of: Self.requests) }
        #expect(found?.code == "evaluate.not-finite")
    }
}
