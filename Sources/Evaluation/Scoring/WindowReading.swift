import Diagnostics
import Numerics
import Programs
import Tokenizers

/// What a model says of one token.
struct TokenScore {
    /// The negative logarithm of its probability.
    var nats: Double
    /// Whether no token is likelier.
    var isGreedy: Bool

    init(_ score: ModelReader.Score) {
        nats = Double(score.largest) + DefinedFunctions.logarithm(Double(score.sum)) - Double(score.target)
        isGreedy = score.target == score.largest
    }
}

/// Scores the last tokens of windows, several windows at a time: each costs what it is long.
struct WindowReading {
    private let executor: Executor
    private let windows: [[TokenID]]
    /// Tokens at the end of each window that are scored.
    private let scored: [Int]
    /// Neighbouring windows that are read at once.
    let groups: [Range<Int>]
    /// `nil` where whole sequences are read.
    private let reader: ModelReader?

    init(_ executor: Executor, _ windows: [[TokenID]], scored: [Int]) throws(Diagnostic) {
        (self.executor, self.windows, self.scored) = (executor, windows, scored)
        let batch = executor.recipe.batch.global
        let groups = stride(from: 0, to: windows.count, by: batch).map { $0..<min($0 + batch, windows.count) }
        self.groups = groups
        guard executor.holdsParametersAlone, !windows.isEmpty else {
            reader = nil
            return
        }
        let lengths = windows.map { $0.count - 1 }
        func most(_ counts: [Int]) -> Int { max(1, groups.map { counts[$0].reduce(0, +) }.max() ?? 1) }
        reader = try ModelReader(
            executor,
            ReadingShape(
                rows: most(lengths), asked: most(scored), texts: min(batch, windows.count),
                positions: max(1, lengths.max() ?? 1), goesOn: false))
    }

    /// The scores of each window of a group.
    func scores(of group: Range<Int>) throws(Diagnostic) -> [[TokenScore]] {
        guard let reader else { return try scoresOfWholeSequences(group) }
        // A window of one token has nothing that could be scored.
        guard group.contains(where: { windows[$0].count > 1 }) else { return group.map { _ in [] } }
        try reader.read(
            group.map { index in
                let (window, count) = (windows[index], scored[index])
                return TextPart(
                    text: index - group.lowerBound, tokens: window.dropLast(),
                    asked: window.count - 1 - count..<window.count - 1, targets: window.suffix(count))
            })
        var next = 0
        return group.map { index in
            defer { next += scored[index] }
            return (next..<next + scored[index]).map { TokenScore(reader.score($0)) }
        }
    }

    private func scoresOfWholeSequences(_ group: Range<Int>) throws(Diagnostic) -> [[TokenScore]] {
        let windows = Array(windows[group])
        // No position sees a later one, so that what fills the rest changes nothing.
        _ = try executor.evaluate(
            StepInput(step: 1, learningRate: 0) { index, place in
                let window = index < windows.count ? windows[index] : []
                for t in 0..<place.count { place[t] = t < window.count ? window[t] : 0 }
            })
        guard let largest = executor.copy(ofBuffer: ReadingShape.largestName, rank: 0),
            let sums = executor.copy(ofBuffer: ReadingShape.sumsName, rank: 0),
            let targets = executor.copy(ofBuffer: ReadingShape.targetLogitsName, rank: 0)
        else {
            throw Diagnostic("evaluate.no-likelihood", "the program keeps no likelihoods", kind: .failure)
        }
        return zip(group, windows).map { index, window in
            (window.count - 1 - scored[index]..<window.count - 1).map { t in
                let row = (index - group.lowerBound) * executor.recipe.model.sequenceLength + t
                return TokenScore(ModelReader.Score(largest: largest[row], sum: sums[row], target: targets[row]))
            }
        }
    }
}
