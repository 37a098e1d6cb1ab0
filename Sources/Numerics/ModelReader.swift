import Diagnostics
import Programs
import Recipes

/// Neighbouring tokens of one text, for a model to read.
public struct TextPart: Sendable {
    /// The number of the text among those that are read together.
    public var text: Int
    /// The position of the first token: so many tokens of the text were read before.
    public var position: Int
    public var tokens: [Int32]
    /// What is asked: which tokens' logits, as places in ``tokens``.
    public var asked: Range<Int>
    /// A token for each asked one, whose logit is wanted; none where the reader goes on with its texts.
    public var targets: [Int32]

    public init(text: Int, position: Int = 0, tokens: [Int32], asked: Range<Int>, targets: [Int32] = []) {
        (self.text, self.position, self.tokens, self.asked) = (text, position, tokens, asked)
        self.targets = targets
    }
}

/// Reads texts with a model's parameters: each token is computed once, however many follow it.
///
/// Logits are those of a pass over whole samples, to the bit, whatever is read with them and in however many parts: every row is
/// computed by itself, and its keys are those so far (A3, A8). That holds under `exact-1`; OpenBLAS's products may differ with
/// the number of rows.
public final class ModelReader {
    private let rank: RankExecutor
    private let shape: ReadingShape
    /// The program for the sizes at hand.
    private var current: (shape: ReadingShape, program: Program)

    /// Makes room for readings up to the sizes of `shape`, with parameters that `executor`, of one rank, holds.
    public init(_ executor: Executor, _ shape: ReadingShape) throws(Diagnostic) {
        precondition(executor.holdsParametersAlone, "a reader reads with parameters that nothing trains")
        let widest = try Lowering.readingProgram(executor.recipe, shape)
        rank = try RankExecutor(reading: widest, parametersOf: executor.ranks[0])
        self.shape = shape
        current = (shape, widest)
    }

    /// Bytes of buffers beside the parameters.
    public var bytesHeld: Int { rank.memory.bytesHeld }

    /// Numbers of a row of logits: the padded vocabulary's.
    public var width: Int { rank.recipe.model.paddedVocabulary }

    /// Reads parts of different texts. What it computed is there until the next call.
    ///
    /// Throws when a worker's control register is not the contract's.
    public func read(_ parts: [TextPart]) throws(Diagnostic) {
        try rank.kernels.checkControlRegister()
        // A program computes one row of logits at least, whether or not it is asked for.
        let asked = max(1, parts.reduce(0) { $0 + $1.asked.count })
        try take(rows: parts.reduce(0) { $0 + $1.tokens.count }, asked: asked)
        write(parts)
        rank.begin([Action(pass: 0, microbatch: 0)], input: nil)
        _ = try rank.run()
        precondition(rank.isDone, "a rank that has the whole model waits for nobody")
    }

    /// The logits of an asked token, counted over all parts in their order.
    public func logits(_ asked: Int) -> [Float] {
        let row = memory(ReadingShape.logitsName) + asked * width
        return Array(UnsafeBufferPointer(start: row, count: width))
    }

    /// What the logits of an asked token say of its target.
    public struct Score: Sendable, Equatable {
        /// The largest logit, the sum over the vocabulary of e to the power of what each is less than it, and the target's logit.
        public var largest, sum, target: Float

        public init(largest: Float, sum: Float, target: Float) {
            (self.largest, self.sum, self.target) = (largest, sum, target)
        }
    }

    /// The score of an asked token's target, counted over all parts in their order.
    public func score(_ asked: Int) -> Score {
        Score(
            largest: memory(ReadingShape.largestName)[asked], sum: memory(ReadingShape.sumsName)[asked],
            target: memory(ReadingShape.targetLogitsName)[asked])
    }

    /// Takes up the program of these sizes.
    private func take(rows: Int, asked: Int) throws(Diagnostic) {
        precondition(
            (1...shape.rows).contains(rows) && (1...shape.asked).contains(asked), "there is no room to read this")
        var wanted = shape
        (wanted.rows, wanted.asked) = (rows, asked)
        guard wanted != current.shape else { return }
        current = (wanted, try Lowering.readingProgram(rank.recipe, wanted))
        rank.use(current.program)
    }

    private func write(_ parts: [TextPart]) {
        let (tokens, positions) = (integers(ReadingShape.tokensName), integers(ReadingShape.positionsName))
        let (texts, asked) = (integers(ReadingShape.textsName), integers(ReadingShape.askedName))
        let targets = shape.goesOn ? nil : integers(ReadingShape.targetsName)
        asked[0] = 0
        targets?[0] = 0
        var (row, next) = (0, 0)
        texts.update(repeating: 0, count: 4 * shape.texts)
        for (index, part) in parts.enumerated() {
            precondition(
                part.text < shape.texts && part.position + part.tokens.count <= shape.positions,
                "a text without a place")
            for (i, number) in [part.text, part.position, row, part.tokens.count].enumerated() {
                texts[4 * index + i] = Int32(number)
            }
            for (i, place) in part.asked.enumerated() {
                asked[next] = Int32(row + place)
                targets?[next] = part.targets[i]
                next += 1
            }
            for (i, token) in part.tokens.enumerated() {
                tokens[row] = token
                positions[row] = Int32(part.position + i)
                row += 1
            }
        }
    }

    private func operand(_ name: String) -> Operand {
        guard let buffer = current.program.buffer(named: name) else {
            preconditionFailure("a reading program has no buffer named \(name)")
        }
        return Operand(buffer, count: current.program.buffers[buffer.index].count)
    }

    private func memory(_ name: String) -> UnsafeMutablePointer<Float> {
        rank.memory.floats(operand(name), microbatch: 0)
    }

    private func integers(_ name: String) -> UnsafeMutablePointer<Int32> {
        rank.memory.integers(operand(name), microbatch: 0)
    }
}
