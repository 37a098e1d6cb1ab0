import Diagnostics
import Numerics
import Programs

/// Where a generator has the logits from that follow what is written so far.
protocol NextLogits {
    /// The logits after the last token of some of a batch's texts, in the order of `open`, the texts' places in the batch.
    mutating func logits(after texts: ArraySlice<[Int32]>, of open: [Int]) throws(Diagnostic) -> [ArraySlice<Float>]
}

/// Reads only what is new in each text: keys and values of the rest are kept.
struct KeptTexts: NextLogits {
    private let reader: ModelReader
    private let rowsMost: Int
    /// Tokens of each text that have been read.
    private var read: [Int]

    /// Prompts are read in so many tokens at once, at most: what a pass holds does not grow with them.
    private static let rowsAtOnce = 1024

    /// Makes room for `length` tokens after the longest prompt, as far as the model's sequence allows.
    init(_ executor: Executor, prompts: [[Int32]], length: Int) throws(Diagnostic) {
        let longest = prompts.reduce(0) { max($0, $1.count) }
        let positions = longest + max(0, min(length, executor.recipe.model.sequenceLength - longest))
        rowsMost = max(prompts.count, min(Self.rowsAtOnce, prompts.reduce(0) { $0 + $1.count }))
        reader = try ModelReader(
            executor,
            ReadingShape(
                rows: rowsMost, asked: prompts.count, texts: prompts.count, positions: positions, goesOn: true))
        read = prompts.map { _ in 0 }
    }

    mutating func logits(
        after texts: ArraySlice<[Int32]>, of open: [Int]
    ) throws(Diagnostic) -> [ArraySlice<Float>] {
        var found: [ArraySlice<Float>] = []
        var parts: [TextPart] = []
        var room = rowsMost
        for place in open {
            let text = texts[texts.startIndex + place]
            while read[place] < text.count {
                let count = min(room, text.count - read[place])
                let isLast = read[place] + count == text.count
                parts.append(
                    TextPart(
                        text: place, position: read[place], tokens: Array(text[read[place]..<read[place] + count]),
                        asked: (isLast ? count - 1 : count)..<count))
                read[place] += count
                room -= count
                guard room == 0 else { continue }
                found += try take(parts)
                (parts, room) = ([], rowsMost)
            }
        }
        return parts.isEmpty ? found : found + (try take(parts))
    }

    private func take(_ parts: [TextPart]) throws(Diagnostic) -> [ArraySlice<Float>] {
        try reader.read(parts)
        return (0..<parts.reduce(0) { $0 + $1.asked.count }).map { reader.logits($0)[...] }
    }
}

/// Passes over whole sequences, as in training.
struct WholePasses: NextLogits {
    let executor: Executor

    func logits(after texts: ArraySlice<[Int32]>, of open: [Int]) throws(Diagnostic) -> [ArraySlice<Float>] {
        let texts = Array(texts)
        let (sequence, width) = (executor.recipe.model.sequenceLength, executor.recipe.model.paddedVocabulary)
        _ = try executor.evaluate(
            StepInput(step: 1, learningRate: 0) { index, tokens in
                let text = index < texts.count ? texts[index] : []
                for t in 0..<tokens.count { tokens[t] = t < text.count ? text[t] : 0 }
            })
        guard let logits = executor.copy(ofBuffer: ReadingShape.logitsName, rank: 0) else {
            throw Diagnostic("logits.missing", "the program keeps no logits", kind: .failure)
        }
        return open.map { place in
            let row = place * sequence + texts[place].count - 1
            return logits[row * width..<(row + 1) * width]
        }
    }
}
