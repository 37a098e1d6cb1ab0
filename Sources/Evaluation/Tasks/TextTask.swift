import Corpora
import Diagnostics
import Tokenizers

extension ModelUnderTest {
    /// The likelihood of whole documents, each from its beginning, in windows as long as the model's sequence.
    func text(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        var requests: [LikelihoodRequest] = []
        var parts: [(text: String, windows: Range<Int>)] = []
        for item in task.items {
            guard case .text(let text) = item.content else { continue }
            let windows = rollingRequests(tokens(text))
            parts.append((text, requests.count..<requests.count + windows.count))
            requests += windows
        }
        let likelihoods = try likelihoods(of: requests)
        return zip(task.items, parts).map { item, part in
            let found = likelihoods[part.windows]
            return ItemResult(
                item,
                [
                    "nats": found.reduce(0) { $0 + $1.nats }, "tokens": Double(found.reduce(0) { $0 + $1.tokens }),
                    "bytes": Double(part.text.utf8.count), "words": Double(Self.words(part.text)),
                ])
        }
    }

    /// As many as there are pieces between runs of white space, empty ones at the ends included: lm-evaluation-harness's count.
    static func words(_ text: String) -> Int {
        var (count, inSpace) = (1, false)
        for scalar in text.unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if isSpace, !inSpace { count += 1 }
            inSpace = isSpace
        }
        return count
    }

    /// The likelihood of the held-out text of what the model learnt from: windows as in training, an item each.
    func heldOutText(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        let source = try heldOutSource(task)
        var requests: [LikelihoodRequest] = []
        var places: [(language: String, index: Int)] = []
        for language in source.languages {
            let count = source.validationWindowCount(language: language, sequenceLength: sequenceLength)
            for index in 0..<min(count, task.samples) {
                let window = window(of: source, language, index)
                requests.append(LikelihoodRequest(context: [window[0]], continuation: Array(window.dropFirst())))
                places.append((language, index))
            }
        }
        guard !requests.isEmpty else { throw noText(task) }
        let likelihoods = try likelihoods(of: requests)
        return likelihoods.indices.map { i in
            ItemResult(
                id: ownID(source, "\(places[i].language)-\(places[i].index)"), language: places[i].language,
                measures: [
                    "nats": likelihoods[i].nats, "tokens": Double(likelihoods[i].tokens),
                    "bytes": Double(source.textBytes(of: requests[i].continuation)),
                ])
        }
    }

    /// An item of the model's own corpus: the same name means the same tokens, so that only what is the same is paired.
    func ownID(_ source: any TokenSource, _ place: String) -> String {
        "\(String(source.digest.description.dropFirst("sha256:".count).prefix(12)))-\(sequenceLength)-\(place)"
    }

    /// Why a task over the model's own corpus has no item.
    func noText(_ task: SuiteTask) -> Diagnostic {
        Diagnostic(
            "evaluate.no-text", "the corpus has no text for the task \(task.name)",
            at: .init(file: source?.place),
            expected: "documents as long as the task's tokens, held out where it asks for held-out ones")
    }

    func heldOutSource(_ task: SuiteTask) throws(Diagnostic) -> any TokenSource {
        guard let source else {
            throw Diagnostic(
                "evaluate.no-corpus", "the task \(task.name) reads what the model learnt from, which is not known",
                remedy: "name the corpus or token files with --corpus")
        }
        return source
    }

    /// A held-out window's tokens, the last target included.
    func window(of source: any TokenSource, _ language: String, _ index: Int) -> [TokenID] {
        var tokens = [TokenID](repeating: 0, count: sequenceLength + 1)
        tokens.withUnsafeMutableBufferPointer {
            source.validationWindow(language: language, index: index, sequenceLength: sequenceLength, into: $0)
        }
        return tokens
    }
}
