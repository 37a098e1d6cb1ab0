/// One step of a pass: an operation, the memory it reads and the memory it writes.
///
/// The order of `reads` and `writes` gives each operand its role, as documented at the ``Operation``. Gradients that are
/// summed over micro-batches are named as writes only: the fold that comes with the operation says what it reads back.
public struct Instruction: Sendable, Equatable {
    public var operation: Operation
    public var reads: [Operand]
    public var writes: [Operand]
    public var stream: Stream

    public init(
        _ operation: Operation, reads: [Operand] = [], writes: [Operand] = [], on stream: Stream = .compute
    ) {
        self.operation = operation
        self.reads = reads
        self.writes = writes
        self.stream = stream
    }
}

/// A queue of instructions: those of one stream run one after the other, those of two may overlap.
///
/// An instruction waits for every earlier one of its pass, on whatever stream, that writes what it reads or writes or
/// reads what it writes; a pass ends when all its instructions have (``Pass/waits``).
public enum Stream: String, Sendable, Equatable {
    case compute, communication
}

/// What an instruction does. Shapes are those of this rank; `rows` are tokens of the micro-batch, sample-major.
public enum Operation: Sendable, Equatable {
    // Input: writes [tokens] or [targets], int32, one per row.
    case loadTokens(rows: Int)
    case loadTargets(rows: Int)

    // Communication.
    /// Reads [x].
    case send(Transfer)
    /// Writes [x].
    case receive(Transfer)
    /// Reads [x], writes [x]; either may be this rank's chunk alone where the kind speaks of chunks.
    case collective(CollectiveOperation)

    // Forward.
    /// Reads [tokens, table], writes [out].
    case embedding(rows: Int, vocabularyRows: Int, width: Int)
    /// Learned positions. Reads [x, table], writes [out].
    case addPositions(samples: Int, positions: Int, width: Int)
    /// Reads [x, gamma, beta], writes [y, mean, rstd].
    case layerNorm(rows: Int, width: Int)
    /// Reads [x, gamma], writes [y, rstd].
    case rmsNorm(rows: Int, width: Int)
    /// Reads [a, b] and maybe [bias], writes [c].
    case product(MatrixProduct)
    /// Reads [sum, bias, residual], writes [out].
    case addBiasResidual(rows: Int, width: Int)
    /// Reads [x], writes [y].
    case gelu(count: Int)
    /// Gate and up side by side. Reads [x], twice `count` numbers, writes [y].
    case swiglu(count: Int)
    /// Rotary positions, in place, of queries and keys or, backwards, of their gradients. Reads [qkv, table], writes [qkv].
    case rotate(Attention, backwards: Bool)
    /// Reads [qkv] and maybe [slopes], writes [out, rowMax, rowSum].
    case attention(Attention)
    /// Attention that goes on from kept keys and values, to which it adds. Reads [qkv, texts] and maybe [slopes], writes [out,
    /// kept].
    case attentionOverKept(KeptAttention)
    /// Reads [logits], writes [max].
    case rowMax(rows: Int, columns: Int)
    /// Reads [logits, max], writes [sums].
    case expSums(rows: Int, columns: Int, segments: Int)
    /// Reads [logits, targets], writes [out].
    case targetLogits(rows: Int, columns: Int)
    /// Reads [max, sums, targetLogits], writes [loss].
    case crossEntropy(rows: Int)
    /// Reads [loss], writes [sampleLosses] at the micro-batch's place.
    case sampleLosses(samples: Int, sequence: Int)

    // Backward.
    /// Reads [logits, targets, max, sums], writes [gradient].
    case crossEntropyGradient(rows: Int, columns: Int)
    /// Reads [dy, x, mean, rstd, gamma] and maybe [residual], writes [dx].
    case layerNormBackward(rows: Int, width: Int)
    /// Reads [dy, x, rstd, gamma] and maybe [residual], writes [dx].
    case rmsNormBackward(rows: Int, width: Int)
    /// Reads [dy, x], writes [dx].
    case geluBackward(count: Int)
    /// Reads [dy, x], writes [dx].
    case swigluBackward(count: Int)
    /// Reads [qkv, rowMax, rowSum, dout] and maybe [slopes], writes [dqkv].
    case attentionBackward(Attention)
    /// Sum over samples of aᵀ·b (A6). Reads [a, b], writes [gradient], whose slots the fold walks.
    case weightGradient(rows: Int, columns: Int, LaneFold)
    /// Sum over samples of rows (A6). Reads [dy], writes [gradient].
    case biasGradient(width: Int, LaneFold)
    /// Rule A7, over this rank's `segments` of the sequence. Reads [dy], or for a norm's gain [dy, x, mean, rstd] or
    /// [dy, x, rstd], writes [accumulator, sum]: the gradient or, where other tensor ranks have the other segments, a
    /// vector per lane.
    case replicatedGradient(width: Int, segments: Int, LaneFold)
    /// Learned positions: each place's row is a chain over a lane's samples (A6). Reads [dx], writes [lane accumulator,
    /// gradient].
    case positionGradient(positions: Int, width: Int, LaneFold)
    /// Rule A9. Reads [tokens, dx], writes [lane accumulator, gradient].
    case embeddingGradient(vocabularyRows: Int, width: Int, LaneFold)
    /// The tree over lanes (A4, A6) of sums that were kept apart. Reads [lanes], writes [gradient].
    case foldLanes(width: Int, lanes: Int)
    /// Adds a round's sum over its lanes to the tree over rounds (A6, strided lanes). Reads [sum], writes [gradient],
    /// whose slots, `stride` apart, the fold walks.
    case foldRound(count: Int, stride: Int, LaneFold)

    // The step's end.
    /// Reads [a, b], writes [out].
    case add(count: Int)
    /// Norms, loss or updates: one phase of turning block sums into numbers that every rank knows.
    case statistics(Statistics)
    /// Reads [gradients], writes [parameters or their masters, first moment, second moment, block sums], over the rank's
    /// shard.
    case adamW(count: Int)
    /// Stores the rank's shard in the type of the parameters (A1). Reads [masters], writes [parameters].
    case roundShard(count: Int)

    /// A kernel of another engine's style, which nothing executes.
    case modelled(ModelledKernel)
}

extension Operation {
    /// How the operation sums over the samples of a step (A6); `nil` for one that does not.
    var laneFold: LaneFold? {
        switch self {
        case .weightGradient(_, _, let fold), .biasGradient(_, let fold), .replicatedGradient(_, _, let fold),
            .embeddingGradient(_, _, let fold), .positionGradient(_, _, let fold), .foldRound(_, _, let fold):
            fold
        default: nil
        }
    }
}

/// Another rank, by its role. Stages form a ring: the last one's next stage, for the next chunk of layers, is the first.
public enum Peer: String, Sendable, Equatable { case nextStage, previousStage }

/// A message between neighbouring virtual stages.
public struct Transfer: Sendable, Hashable {
    public enum Content: String, Sendable { case activation, gradient }

    public var content: Content
    public var peer: Peer
    /// The virtual stage to which activations cross here, and from which gradients come back.
    public var boundary: Int

    public init(_ content: Content, _ peer: Peer, boundary: Int) {
        self.content = content
        self.peer = peer
        self.boundary = boundary
    }
}

/// C = A·B with every output one chain over k, or a tree over segments of k (A3, A5).
public struct MatrixProduct: Sendable, Equatable {
    public var m: Int
    public var n: Int
    public var k: Int
    /// B is stored as n × k.
    public var transposesB: Bool
    /// Leaves of k on this rank; 1 for one chain.
    public var segments: Int
    public var addsBias: Bool

    public init(m: Int, n: Int, k: Int, transposesB: Bool, segments: Int, addsBias: Bool) {
        self.m = m
        self.n = n
        self.k = k
        self.transposesB = transposesB
        self.segments = segments
        self.addsBias = addsBias
    }
}

/// Causal attention of this rank's heads. Queries, key and value of a group of heads lie side by side.
public struct Attention: Sendable, Equatable {
    public var samples: Int
    public var sequence: Int
    public var heads: Int
    /// Groups of query heads that share a key and a value.
    public var keyValueHeads: Int
    public var headSize: Int

    /// Numbers of one token's queries, keys and values.
    public var width: Int { (heads + 2 * keyValueHeads) * headSize }
}

/// Phases that turn per-block float64 sums into the same numbers on every rank (A10, A11).
public enum Statistics: String, Sendable, Equatable {
    /// Reads [gradients], writes [block sums]: squares, over the rank's shard.
    case squareSums
    /// Data ranks exchange block sums and sample losses; each adds them per segment.
    case gatherSquares
    /// The replica's ranks exchange segment sums: norm, clip factor and loss are known.
    case combineSquares
    /// As above for the sums of the updates.
    case gatherUpdates
    case combineUpdates
}

extension Statistics {
    /// The ranks that exchange something in this phase; `nil` when each works alone.
    public var group: Group? {
        switch self {
        case .squareSums: nil
        case .gatherSquares, .gatherUpdates: .data
        case .combineSquares, .combineUpdates: .replica
        }
    }
}
