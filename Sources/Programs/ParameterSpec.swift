/// One parameter tensor as the model knows it, independent of any layout.
///
/// Every parameter is a row-major matrix (a vector has one row per element and one column). Tensor parallelism splits
/// rows only: projections back into the residual stream are therefore stored as [in, out], all others as [out, in].
public struct ParameterSpec: Sendable, Equatable {
    /// Hugging Face's name or, where tensors are fused, one like it, such as `h.3.mlp.dense_h_to_4h.weight`.
    public var name: String
    public var rows: Int
    public var columns: Int
    public var sharding: Sharding
    public var initialization: Initialization

    public enum Sharding: Sendable, Equatable {
        /// Rows are divided into the recipe's `segments`, which tensor ranks share out.
        case rows
        /// Every tensor rank holds all of it.
        case replicated
    }

    public enum Initialization: Sendable, Equatable {
        case zeros, ones
        case normal(standardDeviation: Double)
        /// Uniform on (−bound, bound).
        case uniform(bound: Double)
    }

    /// Whether it is a weight matrix, and not a bias or a norm's vector.
    public var isMatrix: Bool { columns > 1 }

    /// Elements of the whole tensor.
    public var count: Int { rows * columns }

    /// Number of A11 segments: the recipe's for a sharded tensor, one for a replicated one.
    public func segmentCount(_ segments: Int) -> Int { sharding == .rows ? segments : 1 }
}
