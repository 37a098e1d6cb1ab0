/// A kernel of another engine, known by its work alone: it can be timed and given memory, but nothing computes it.
public struct ModelledKernel: Sendable, Equatable {
    /// What it does, in the field's words, such as `query-key products`.
    public var name: String
    public var work: Work

    public enum Work: Sendable, Equatable {
        /// So many products [m, k] · [k, n].
        case product(batch: Int, m: Int, n: Int, k: Int, ofFloat8: Bool)
        /// Attention that never writes its scores (Dao et al. 2022): operations of the half of them that causality leaves.
        case fusedAttention(operations: Double, sequence: Int, isBackward: Bool)
        /// A norm, an activation, a residual: bytes that must be moved if nothing is moved twice. How often an engine
        /// does is a figure of it.
        case elementwise(bytes: Double)
        /// Bytes that any engine moves: losses, look-ups, the optimiser.
        case stream(bytes: Double)
        /// Bytes to add a micro-batch's gradients to those before; how much of it an engine saves is a figure of it.
        case accumulation(bytes: Double)
    }

    public init(_ name: String, _ work: Work) {
        self.name = name
        self.work = work
    }

    /// The name of the kernel that updates the parameters.
    public static let optimizer = "optimizer"

    /// Whether its products are of scores and values: one per sample and head.
    public var isOfAttention: Bool {
        if case .product(let batch, _, _, _, _) = work { return batch > 1 }
        return false
    }

    /// Multiplications and additions in matrix products.
    public var matrixOperations: Double {
        switch work {
        case .product(let batch, let m, let n, let k, _): 2 * Double(batch) * Double(m) * Double(n) * Double(k)
        case .fusedAttention(let operations, _, _): operations
        case .elementwise, .stream, .accumulation: 0
        }
    }

    /// Bytes that must be moved at least once, with elements of two bytes in products.
    public var memoryBytes: Double {
        switch work {
        case .product(let batch, let m, let n, let k, let ofFloat8):
            (ofFloat8 ? 1 : 2) * Double(batch) * (Double(m) * Double(k) + Double(k) * Double(n) + Double(m) * Double(n))
        case .fusedAttention: 0
        case .elementwise(let bytes), .stream(let bytes), .accumulation(let bytes): bytes
        }
    }
}
