/// What an instruction costs a machine, whatever the machine is.
public struct Work: Sendable, Equatable {
    /// Multiplications and additions in matrix products.
    public var matrixOperations: Double
    /// Bytes that must be read or written at least once.
    public var memoryBytes: Double

    public init(matrixOperations: Double = 0, memoryBytes: Double = 0) {
        self.matrixOperations = matrixOperations
        self.memoryBytes = memoryBytes
    }
}

extension Instruction {
    /// The instruction's matrix operations (two per multiply-add) and memory traffic, where all values are stored in
    /// `elementBytes`: 4 for float32, 2 for bfloat16.
    public func work(elementBytes: Double = 4) -> Work { work(otherwise: elementBytes) { _ in elementBytes } }

    /// The same with every operand as its buffer of `program` stores it.
    public func work(in program: Program) -> Work {
        // The closure holds the buffers alone: a copy of the program for each instruction takes longer than the sum.
        let buffers = program.buffers
        return work(otherwise: 4) { Double(buffers[$0.buffer.index].elementType.bytes) }
    }

    /// `otherwise` is for operands that programs of an experiment leave out.
    private func work(otherwise: Double, bytes elementBytes: (Operand) -> Double) -> Work {
        func stored(_ operands: [Operand], _ index: Int) -> Double {
            operands.indices.contains(index) ? elementBytes(operands[index]) : otherwise
        }
        switch operation {
        // Every element of the shard is read once, block by block.
        case .statistics(.squareSums):
            return Work(memoryBytes: 4 * Double(min(reads[0].count, writes[0].count * ShardLayout.blockElements)))
        case .send, .receive, .collective, .statistics, .loadTokens, .loadTargets: return Work()
        case .modelled(let kernel):
            return Work(matrixOperations: kernel.matrixOperations, memoryBytes: kernel.memoryBytes)
        case .product(let p):
            return Work(
                matrixOperations: 2 * Double(p.m) * Double(p.n) * Double(p.k),
                memoryBytes: stored(reads, 0) * Double(p.m * p.k) + stored(reads, 1) * Double(p.k * p.n)
                    + stored(writes, 0) * Double(p.m * p.n))
        case .weightGradient(let rows, let columns, let fold):
            let tokens = Double(reads[0].count / rows)
            return Work(
                matrixOperations: 2 * Double(rows) * Double(columns) * tokens,
                memoryBytes: stored(reads, 0) * tokens * Double(rows)
                    + stored(reads, 1) * tokens * Double(columns)
                    + 8 * Double(rows * columns) * Double(fold.samplesPerLane > 1 || fold.lanes > 1 ? 1 : 0.5))
        case .attention(let a): return attentionWork(a, products: 2, stored(reads, 0))
        // As if every row saw all positions: no more is known of the texts.
        case .attentionOverKept(let a):
            let scores = Double(a.rows * a.heads * a.positions)
            return Work(
                matrixOperations: 4 * scores * Double(a.headSize),
                memoryBytes: 4 * Double(reads[0].count + writes[0].count + writes[1].count))
        case .attentionBackward(let a): return attentionWork(a, products: 5, stored(reads, 0))
        case .roundShard(let count):
            return Work(memoryBytes: (4 + stored(writes, 0)) * Double(count))
        case .adamW(let count): return Work(memoryBytes: 28 * Double(count))
        case .embedding(let rows, _, let width):
            return Work(memoryBytes: (stored(reads, 1) + stored(writes, 0)) * Double(rows * width))
        case .embeddingGradient(_, let width, _):
            // One row of the table is read and one written per token.
            return Work(memoryBytes: 2 * stored(reads, 1) * Double(reads[0].count * width))
        // A leaf is read and a slot written; some other slots are read, fewer than one on average.
        case .foldRound(let count, _, _): return Work(memoryBytes: 12 * Double(count))
        default:
            var bytes = 0.0
            for operand in reads { bytes += elementBytes(operand) * Double(operand.count) }
            for operand in writes { bytes += elementBytes(operand) * Double(operand.count) }
            return Work(memoryBytes: bytes)
        }
    }

    /// Dense products of scores and values: causality is not exploited, as in the published FLOP counts; the score
    /// matrix is written and read once per product.
    private func attentionWork(_ a: Attention, products: Int, _ elementBytes: Double) -> Work {
        let heads = Double(a.samples * a.heads)
        let scores = heads * Double(a.sequence) * Double(a.sequence)
        return Work(
            matrixOperations: 2 * Double(products) * scores * Double(a.headSize),
            memoryBytes: elementBytes
                * (Double(products) * scores + Double(products + 2) * heads * Double(a.sequence * a.headSize)))
    }
}
