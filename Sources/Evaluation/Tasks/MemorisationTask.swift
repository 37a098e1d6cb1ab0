import Corpora
import Diagnostics
import Tokenizers

extension ModelUnderTest {
    /// Whether the model, shown the first tokens of a text, goes on with it word for word (Carlini et al. 2021).
    ///
    /// What it would write, taking the likeliest token each time, is the text exactly as long as each token is the likeliest one
    /// after the text's own, so that one forward pass tells it.
    func memorisation(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        guard task.prefix + task.length <= sequenceLength + 1 else {
            throw Diagnostic(
                "evaluate.memorisation", "prefix and length of the task \(task.name) do not fit the model's sequence",
                expected: "at most \(sequenceLength + 1) tokens together", found: "\(task.prefix) and \(task.length)")
        }
        let texts: [(item: ItemResult, tokens: [TokenID])] =
            switch task.origin {
            case .files: try ownTexts(task)
            case .training: try samplesOfTraining(task)
            case .heldOut: try heldOutTexts(task)
            }
        guard !texts.isEmpty else { throw noText(task) }
        let requests = texts.map { text in
            LikelihoodRequest(
                context: Array(text.tokens[..<task.prefix]),
                continuation: Array(text.tokens[task.prefix..<min(text.tokens.count, task.prefix + task.length)]))
        }
        return zip(texts, try likelihoods(of: requests)).map { text, found in
            var item = text.item
            item.measures = [
                "verbatim": found.isGreedy ? 1 : 0, "matched_share": Double(found.greedyTokens) / Double(found.tokens),
                "nats": found.nats, "tokens": Double(found.tokens),
            ]
            return item
        }
    }

    private func ownTexts(_ task: SuiteTask) throws(Diagnostic) -> [(item: ItemResult, tokens: [TokenID])] {
        var texts: [(item: ItemResult, tokens: [TokenID])] = []
        for item in task.items {
            guard case .text(let text) = item.content else { continue }
            let tokens = (task.beginsDocument ? [documentEnd] : []) + tokens(text)
            guard tokens.count > task.prefix else {
                throw Diagnostic(
                    "evaluate.too-short", "the text leaves nothing to go on with",
                    at: .init(file: item.location.file, line: item.location.line),
                    expected: "more than the \(task.prefix) tokens of the prefix", found: "\(tokens.count)")
            }
            texts.append((ItemResult(item, [:]), tokens))
        }
        return texts
    }

    /// The first samples of training whose beginning is of one document.
    private func samplesOfTraining(_ task: SuiteTask) throws(Diagnostic) -> [(item: ItemResult, tokens: [TokenID])] {
        let source = try heldOutSource(task)
        let samples = try source.samples(
            sequenceLength: sequenceLength, seed: recipe.seed, weighting: weighting)
        var texts: [(item: ItemResult, tokens: [TokenID])] = []
        // Windows that hold a document's end are passed over; a corpus of short documents may have no others.
        for sample in 0..<20 * task.samples where texts.count < task.samples {
            var tokens = [TokenID](repeating: 0, count: sequenceLength + 1)
            tokens.withUnsafeMutableBufferPointer { samples.copy(sample: sample, into: $0) }
            guard isOneDocument(tokens, task) else { continue }
            texts.append(
                (
                    ItemResult(
                        id: ownID(source, "\(recipe.seed)-sample-\(sample)"), language: ItemReading.undetermined,
                        measures: [:]), tokens
                ))
        }
        return texts
    }

    private func heldOutTexts(_ task: SuiteTask) throws(Diagnostic) -> [(item: ItemResult, tokens: [TokenID])] {
        let source = try heldOutSource(task)
        var texts: [(item: ItemResult, tokens: [TokenID])] = []
        for language in source.languages {
            let count = source.validationWindowCount(language: language, sequenceLength: sequenceLength)
            for index in 0..<min(count, task.samples) {
                let tokens = window(of: source, language, index)
                guard isOneDocument(tokens, task) else { continue }
                texts.append(
                    (ItemResult(id: ownID(source, "\(language)-\(index)"), language: language, measures: [:]), tokens))
            }
        }
        return texts
    }

    private func isOneDocument(_ tokens: [TokenID], _ task: SuiteTask) -> Bool {
        !tokens[..<min(tokens.count, task.prefix + task.length)].contains(documentEnd)
    }
}
