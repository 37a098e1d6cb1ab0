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
    /// The instruction's matrix operations (two per multiply-add) and memory traffic.
    ///
    /// - Parameter elementBytes: bytes of a stored activation or weight: 4 for float32, 2 for bfloat16.
    public func work(elementBytes: Double = 4) -> Work {
        switch operation {
        // Every element of the shard is read once, block by block.
        case .statistics(.squareSums):
            return Work(memoryBytes: 4 * Double(min(reads[0].count, writes[0].count * ShardLayout.blockElements)))
        case .send, .receive, .collective, .statistics, .loadTokens, .loadTargets: return Work()
        case .product(let p):
            return Work(
                matrixOperations: 2 * Double(p.m) * Double(p.n) * Double(p.k),
                memoryBytes: elementBytes * Double(p.m * p.k + p.k * p.n + p.m * p.n))
        case .weightGradient(let rows, let columns, let fold):
            let tokens = Double(reads[0].count / rows)
            return Work(
                matrixOperations: 2 * Double(rows) * Double(columns) * tokens,
                memoryBytes: elementBytes * tokens * Double(rows + columns)
                    + 8 * Double(rows * columns) * Double(fold.samplesPerLane > 1 || fold.lanes > 1 ? 1 : 0.5))
        case .attention(let a): return attentionWork(a, products: 2, elementBytes)
        case .attentionBackward(let a): return attentionWork(a, products: 5, elementBytes)
        case .roundShard(let count): return Work(memoryBytes: (4 + elementBytes) * Double(count))
        case .adamW(let count): return Work(memoryBytes: 28 * Double(count))
        case .embedding(let rows, _, let width):
            return Work(memoryBytes: 2 * elementBytes * Double(rows * width))
        case .embeddingGradient(_, let width, _):
            // One row of the table is read and one written per token.
            return Work(memoryBytes: 2 * elementBytes * Double(reads[0].count * width))
        // A leaf is read and a slot written; some other slots are read, fewer than one on average.
        case .foldRound(let count, _, _): return Work(memoryBytes: 12 * Double(count))
        default:
            let elements = (reads + writes).reduce(0) { $0 + $1.count }
            return Work(memoryBytes: elementBytes * Double(elements))
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
