/// How a run's work is spread over ranks. No value here can change a bit of the result.
public struct Layout: Sendable, Equatable, Hashable {
    public enum Schedule: String, Sendable, CaseIterable { case gpipe, oneForwardOneBackward = "1f1b" }

    /// Degree of tensor parallelism: ranks that share each layer.
    public var tensor: Int
    /// Degree of pipeline parallelism: consecutive groups of layers.
    public var pipeline: Int
    /// Degree of data parallelism: replicas that share the global batch.
    public var data: Int
    /// Samples per forward pass of one replica.
    public var microBatch: Int
    public var schedule: Schedule
    /// ZeRO stage: 0 (replicated optimiser state) or 1 (sharded over the data ranks).
    public var zero: Int
    /// Which activations are computed again in the backward instead of being kept.
    public var recompute: Recompute

    /// What is kept of a layer from its forward to its backward.
    public enum Recompute: String, Sendable, CaseIterable {
        /// Everything but the attention's scores and probabilities, which are never kept.
        case none
        /// As `none`: the core of attention (Korthikanti et al. 2022) is always computed again.
        case selective
        /// The layer's input alone.
        case full
    }

    public init(
        tensor: Int = 1, pipeline: Int = 1, data: Int = 1, microBatch: Int = 1,
        schedule: Schedule = .oneForwardOneBackward, zero: Int = 1, recompute: Recompute = .none
    ) {
        self.tensor = tensor
        self.pipeline = pipeline
        self.data = data
        self.microBatch = microBatch
        self.schedule = schedule
        self.zero = zero
        self.recompute = recompute
    }

    /// Number of ranks.
    public var ranks: Int { tensor * pipeline * data }
}

extension Layout: CustomStringConvertible {
    /// The layout in one line, such as `tensor 2 × pipeline 2 × data 2, micro-batch 2, 1f1b, ZeRO-1, recompute none`.
    public var description: String {
        "tensor \(tensor) × pipeline \(pipeline) × data \(data), micro-batch \(microBatch), \(schedule.rawValue), "
            + "ZeRO-\(zero), recompute \(recompute.rawValue)"
    }
}

/// A rank's place in the layout. Tensor varies fastest, then data, then pipeline, so that tensor groups are neighbours.
public struct Coordinate: Sendable, Hashable {
    public var tensor: Int
    public var data: Int
    public var pipeline: Int

    public init(tensor: Int, data: Int, pipeline: Int) {
        self.tensor = tensor
        self.data = data
        self.pipeline = pipeline
    }

    /// The coordinate of a rank, counted from 0.
    public init(rank: Int, in layout: Layout) {
        tensor = rank % layout.tensor
        data = rank / layout.tensor % layout.data
        pipeline = rank / (layout.tensor * layout.data)
    }

    /// The rank at this coordinate.
    public func rank(in layout: Layout) -> Int {
        tensor + layout.tensor * (data + layout.data * pipeline)
    }
}
