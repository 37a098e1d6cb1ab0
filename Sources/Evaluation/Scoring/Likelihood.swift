import Diagnostics
import Tokenizers

/// A continuation to be scored after its context.
struct LikelihoodRequest: Equatable {
    /// What the model sees before; at least one token.
    var context: [TokenID]
    /// What is scored; at least one token.
    var continuation: [TokenID]
}

/// What the model says of a continuation.
public struct Likelihood: Sendable, Equatable {
    /// The negative logarithm of its probability: the sum over its tokens in their order, in nats.
    public var nats: Double
    public var tokens: Int
    /// So many tokens from its beginning are each the most likely one, given those before.
    public var greedyTokens: Int
    /// Tokens of the context, or of the continuation's beginning, that the model's sequence had no room for.
    public var dropped: Int

    /// Whether the model would have written it, taking the most likely token each time.
    public var isGreedy: Bool { greedyTokens == tokens }
}

extension ModelUnderTest {
    /// The likelihood of each continuation, in order: the same bits whatever is asked with it.
    ///
    /// What is longer than the model's sequence loses its beginning, as with lm-evaluation-harness. A token's nats are taken
    /// from the pass's own float32 values in float64: largest logit + ln(sum of exponentials) − its logit, over the padded
    /// vocabulary. Throws `evaluate.not-finite` when they are no numbers.
    func likelihoods(of requests: [LikelihoodRequest]) throws(Diagnostic) -> [Likelihood] {
        let sequence = sequenceLength
        let windows = requests.map { request in
            let whole = request.context + request.continuation
            return Array(whole.suffix(sequence + 1))
        }
        // A window's last token is seen by none.
        let scored = zip(requests, windows).map { min($0.continuation.count, $1.count - 1) }
        var results: [Likelihood] = []
        let reading = try WindowReading(executor, windows, scored: scored)
        for group in reading.groups {
            for (place, kept) in zip(group, try reading.scores(of: group)) {
                let request = requests[place]
                let nats = kept.reduce(0) { $0 + $1.nats }
                guard nats.isFinite else {
                    throw .notFinite(remedy: "measure an earlier checkpoint")
                }
                results.append(
                    Likelihood(
                        nats: nats, tokens: kept.count, greedyTokens: kept.prefix(while: \.isGreedy).count,
                        dropped: request.context.count + request.continuation.count - windows[place].count))
            }
        }
        return results
    }

    /// The tokens of a context and of what continues it, divided where lm-evaluation-harness divides them.
    ///
    /// White space at the end of the context goes to the continuation; both are made tokens together, and the context has as
    /// many tokens as it has by itself. An empty context is a document's beginning; `beginsDocument` puts one before any other.
    func request(context: String, continuation: String, beginsDocument: Bool = false) -> LikelihoodRequest {
        let end = context.unicodeScalars.lastIndex { !$0.properties.isWhitespace }
        let cut = end.map { context.unicodeScalars.index(after: $0) } ?? context.startIndex
        let (before, after) = (String(context[..<cut]), String(context[cut...]) + continuation)
        guard !before.isEmpty else { return LikelihoodRequest(context: [documentEnd], continuation: tokens(after)) }
        let whole = tokens(before + after)
        let count = min(tokens(before).count, whole.count - 1)
        // A context that has melted into the continuation's first token leaves a document's beginning to go on from.
        return LikelihoodRequest(
            context: (beginsDocument || count <= 0 ? [documentEnd] : []) + whole[..<max(count, 0)],
            continuation: Array(whole[max(count, 0)...]))
    }

    /// The windows over a whole document, each with what it scores: every token once, the first after a document's beginning.
    ///
    /// Each window scores as many tokens as the sequence has; the last one takes what is left, with as much context as there
    /// is room for. These are the windows of lm-evaluation-harness.
    func rollingRequests(_ tokens: [TokenID]) -> [LikelihoodRequest] {
        let sequence = sequenceLength
        var requests: [LikelihoodRequest] = []
        var next = 0
        let whole = [documentEnd] + tokens
        while next < tokens.count {
            let end = min(next + sequence, tokens.count)
            // `whole` is one longer: the input of token i is whole[i].
            let first = max(0, end - sequence)
            requests.append(
                LikelihoodRequest(context: Array(whole[first...next]), continuation: Array(tokens[next..<end])))
            next = end
        }
        return requests
    }
}

extension Diagnostic {
    /// A model from whose logits nothing follows.
    static func notFinite(remedy: String) -> Diagnostic {
        Diagnostic(
            "evaluate.not-finite", "the model's logits are not finite", expected: "a model that has not diverged",
            remedy: remedy, kind: .failure)
    }
}
