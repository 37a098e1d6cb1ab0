import Diagnostics
import Recipes

/// Programs that only read: a forward pass over tokens of several texts, whose earlier keys and values are kept.
///
/// Rows are what a whole sample's would be, to the bit: all operations but attention work row by row, and attention skips what
/// comes later (A8).
extension Lowering {
    /// The program by which one rank, which has the whole model, reads. Its single pass has number 0.
    ///
    /// Parameters are stored in float32, rounded as the recipe's precision says.
    public static func readingProgram(_ recipe: Recipe, _ shape: ReadingShape) throws(Diagnostic) -> Program {
        precondition(recipe.layout.ranks == 1, "a reader holds the whole model")
        let coordinate = Coordinate(rank: 0, in: recipe.layout)
        let shard = try shardLayout(recipe, at: coordinate)
        var builder = StageBuilder(
            recipe: recipe, coordinate: coordinate, shard: shard, lanesOutliveMicrobatches: false, reading: shape)
        builder.lowerReading(shape)
        return builder.finish(actions: [Action(pass: 0, microbatch: 0)])
    }

    /// A program that holds the parameters for those above, and does nothing.
    public static func parametersProgram(_ recipe: Recipe) throws(Diagnostic) -> Program {
        try recipe.validate()
        var program = try readingProgram(recipe, ReadingShape(rows: 1, asked: 1, texts: 1, positions: 1, goesOn: true))
        program.buffers.removeAll { $0.name != Program.parametersName }
        (program.passes, program.actions) = ([], [])
        return program
    }
}

extension StageBuilder {
    mutating func lowerReading(_ shape: ReadingShape) {
        let names = architecture.names
        let tokens = input(ReadingShape.tokensName, rows)
        let found = passing("embedded", rows * width)
        emit(
            .embedding(rows: rows, vocabularyRows: vocabularyRows, width: width),
            [tokens, parameter(names.embedding + ".weight")], [found])
        let positions = lowerReadPositions(found)
        var x =
            architecture.normsEmbedding ? lowerNorm(found, names.embeddingNorm, saving: "embedding norm").output : found
        for layer in 0..<recipe.model.layers {
            x = lowerLayerForward(layer, input: x, positions: positions).output
        }
        // A look-up moves bits, and so takes rows out.
        let asked = passing("asked rows", shape.asked * width)
        emit(
            .embedding(rows: shape.asked, vocabularyRows: rows, width: width),
            [input(ReadingShape.askedName, shape.asked), x], [asked])
        readRows = shape.asked
        let logits = lowerLogits(asked).logits
        if !shape.goesOn { _ = lowerScores(logits, targets: input(ReadingShape.targetsName, shape.asked)) }
        endPass(.forward(chunk: 0))
    }

    /// Numbers that whoever starts the pass writes.
    private mutating func input(_ name: String, _ count: Int) -> Operand {
        buffer(name, .workspace, count, .run, .int32)
    }

    /// Adds learned positions to the embedded rows; otherwise returns what attention needs of positions: a slope per head, or
    /// the rows' cosines and sines.
    private mutating func lowerReadPositions(_ embedded: Operand) -> Operand? {
        let places = input(ReadingShape.positionsName, rows)
        switch architecture.positions {
        case .alibi: return positionConstants()
        case .learned:
            let found = passing("positions of rows", rows * width)
            emit(
                .embedding(rows: rows, vocabularyRows: sequence, width: width),
                [places, parameter(architecture.names.positions + ".weight")], [found])
            emit(.add(count: rows * width), [embedded, found], [embedded])
            return nil
        case .rotary:
            guard let table = positionConstants() else { return nil }
            let turns = scratch("turns of rows", rows * heads.headSize)
            emit(
                .embedding(rows: rows, vocabularyRows: sequence, width: heads.headSize), [places, table], [turns])
            return turns
        }
    }

    /// Attention of rows to their texts' keys so far, theirs among them.
    mutating func lowerKeptAttention(_ qkv: Operand, positions: Operand?, naming: String, into attended: Operand) {
        guard let shape = reading else { return }
        if architecture.positions == .rotary, let positions {
            // As of one sample, whose table has a row for each.
            var turned = heads
            (turned.samples, turned.sequence) = (1, rows)
            emit(.rotate(turned, backwards: false), [qkv, positions], [qkv])
        }
        let attention = KeptAttention(
            rows: rows, texts: shape.texts, positions: shape.positions, heads: heads.heads,
            keyValueHeads: heads.keyValueHeads, headSize: heads.headSize)
        let count = shape.texts * attention.keptPerText
        let kept =
            shape.goesOn
            ? buffer(naming + " kept", .workspace, count, .run) : scratch(naming + " kept", count)
        emit(
            .attentionOverKept(attention),
            [qkv, input(ReadingShape.textsName, 4 * shape.texts)] + attentionBias(positions), [attended, kept])
    }
}
