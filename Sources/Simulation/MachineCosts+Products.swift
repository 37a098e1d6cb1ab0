import ClusterProfiles
import Programs

/// Matrix products on an accelerator that cuts them into tiles, one per multiprocessor at a time.
extension MachineCosts {
    /// What the arithmetic of one of Serre's own instructions takes.
    func arithmeticSeconds(_ operation: Operation, _ work: Work) -> Double {
        guard let kernels else { return work.matrixOperations / operationsPerSecond }
        switch operation {
        case .product(let p): return product(batch: 1, m: p.m, n: p.n, k: p.k, operationsPerSecond, kernels)
        case .weightGradient(let rows, let columns, _) where work.matrixOperations > 0:
            let tokens = Int(work.matrixOperations / (2 * Double(rows) * Double(columns)))
            return product(batch: 1, m: rows, n: columns, k: tokens, operationsPerSecond, kernels)
        case .attention:
            return work.matrixOperations / (peakOperationsPerSecond * kernels.attentionForwardFraction.value)
        case .attentionBackward:
            return work.matrixOperations / (peakOperationsPerSecond * kernels.attentionBackwardFraction.value)
        default: return work.matrixOperations / operationsPerSecond
        }
    }

    /// A kernel of another engine. Where it is shorter than a launch, the launch is what it takes; a part of each launch
    /// is never hidden.
    func seconds(_ kernel: ModelledKernel) -> Double {
        let streaming = kernel.memoryBytes / memoryBytesPerSecond
        let busy: Double =
            switch kernel.work {
            case .product(let batch, let m, let n, let k, let ofFloat8):
                max(modelled(batch: batch, m: m, n: n, k: k, ofFloat8: ofFloat8), streaming)
            case .fusedAttention(let operations, let sequence, let isBackward):
                fused(operations, sequence: sequence, isBackward: isBackward)
            case .elementwise: engine.elementwise * streaming
            case .accumulation: engine.accumulation * streaming
            case .stream: streaming
            }
        guard busy > 0 else { return 0 }
        return max(busy, launchSeconds) + Self.exposedLaunch * launchSeconds
    }

    /// Share of a launch that shows between two kernels however long they are.
    private static let exposedLaunch = 0.3

    private func modelled(batch: Int, m: Int, n: Int, k: Int, ofFloat8: Bool) -> Double {
        let speed = ofFloat8 ? float8OperationsPerSecond ?? operationsPerSecond : operationsPerSecond
        guard let kernels else { return 2 * Double(batch) * Double(m) * Double(n) * Double(k) / speed }
        return product(batch: batch, m: m, n: n, k: k, speed, kernels)
    }

    /// Attention without scores in memory is slow on short sequences, whose last blocks are not full.
    private func fused(_ operations: Double, sequence: Int, isBackward: Bool) -> Double {
        let fraction =
            isBackward ? kernels?.attentionBackwardFraction.value : kernels?.attentionForwardFraction.value
        let speed = fraction.map { peakOperationsPerSecond * $0 } ?? operationsPerSecond
        return operations / speed * (1 + 256 / Double(sequence)) + launchSeconds
    }

    /// The best of the tilings that libraries offer: waves of tiles, each as long as its tile and the filling of its
    /// pipeline, slower where rows cannot be loaded eight elements at a time.
    private func product(
        batch: Int, m: Int, n: Int, k: Int, _ speed: Double, _ figures: ClusterProfile.Kernels
    ) -> Double {
        let perUnit = speed / Double(figures.multiprocessors)
        let depth = Double(k) + figures.productOverheadDepth.value
        var best = Double.infinity
        for tile in Tile.all {
            let tiles = (m + tile.rows - 1) / tile.rows * ((n + tile.columns - 1) / tile.columns) * batch
            let waves = (tiles + figures.multiprocessors - 1) / figures.multiprocessors
            best = min(best, Double(waves) * 2 * Double(tile.rows * tile.columns) * depth / (perUnit * tile.efficiency))
        }
        return best / min(alignment(n, figures), alignment(k, figures))
    }

    private func alignment(_ dimension: Int, _ figures: ClusterProfile.Kernels) -> Double {
        if dimension % 8 == 0 { return 1 }
        return dimension % 4 == 0 ? figures.multipleOf4Fraction.value : figures.multipleOf2Fraction.value
    }

    /// A tile of a product's result, and its speed beside that of the largest: small ones load more per operation.
    private struct Tile {
        var rows, columns: Int
        var efficiency: Double

        static let all: [Tile] = [
            Tile(rows: 256, columns: 128, efficiency: 1), Tile(rows: 128, columns: 256, efficiency: 1),
            Tile(rows: 128, columns: 128, efficiency: 0.93), Tile(rows: 256, columns: 64, efficiency: 0.88),
            Tile(rows: 64, columns: 256, efficiency: 0.88), Tile(rows: 128, columns: 64, efficiency: 0.8),
            Tile(rows: 64, columns: 128, efficiency: 0.8), Tile(rows: 64, columns: 64, efficiency: 0.65),
        ]
    }
}
