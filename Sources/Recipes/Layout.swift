/// How a run's work is spread over ranks. No value here can change a bit of the result.
public struct Layout: Sendable, Equatable, Hashable {
    public enum Schedule: String, Sendable, CaseIterable {
        case gpipe
        case oneForwardOneBackward = "1f1b"
        /// 1F1B over several chunks of layers per rank (Narayanan et al. 2021, section 2.2).
        case interleaved
    }

    /// Degree of tensor parallelism: ranks that share each layer.
    public var tensor: Int
    /// Degree of pipeline parallelism: consecutive groups of layers.
    public var pipeline: Int
    /// Chunks of layers (virtual stages) that each pipeline rank holds; 1 unless the schedule is interleaved.
    public var interleave: Int
    /// Degree of data parallelism: replicas that share the global batch.
    public var data: Int
    /// Samples per forward pass of one replica.
    public var microBatch: Int
    public var schedule: Schedule
    /// ZeRO stage (Rajbhandari et al. 2020): what is sharded over the data ranks. 0 nothing, 1 the optimiser's state,
    /// 2 the gradients too, 3 the parameters too, gathered layer by layer.
    public var zero: Int
    /// Whether tensor ranks split norms and residuals by the sequence (Korthikanti et al. 2022).
    public var sequenceParallel: Bool
    /// Which activations are computed again in the backward instead of being kept.
    public var recompute: Recompute
    /// Whose programs are meant; only Serre's own can be trained.
    public var style: EngineStyle

    /// What is kept of a layer from its forward to its backward.
    public enum Recompute: String, Sendable, CaseIterable {
        /// Everything but the attention's scores and probabilities and the MLP's activations: these are large, and cheap to
        /// compute again.
        case none
        /// As `none`: the core of attention (Korthikanti et al. 2022) is always computed again.
        case selective
        /// The layer's input alone.
        case full
    }

    public init(
        tensor: Int = 1, pipeline: Int = 1, interleave: Int = 1, data: Int = 1, microBatch: Int = 1,
        schedule: Schedule = .oneForwardOneBackward, zero: Int = 1, sequenceParallel: Bool = false,
        recompute: Recompute = .none, style: EngineStyle = .serre
    ) {
        self.tensor = tensor
        self.pipeline = pipeline
        self.interleave = interleave
        self.data = data
        self.microBatch = microBatch
        self.schedule = schedule
        self.zero = zero
        self.sequenceParallel = sequenceParallel
        self.recompute = recompute
        self.style = style
    }

    /// Number of ranks.
    public var ranks: Int { tensor * pipeline * data }

    /// Chunks of layers over all pipeline ranks; chunk c of stage s is virtual stage c × pipeline + s.
    public var virtualStages: Int { pipeline * interleave }

    /// Whether each data rank holds every `data`-th lane (A6), as sharded gradients need, and not neighbouring ones.
    public var stridesLanes: Bool { zero >= 2 && data > 1 }
}

extension Layout: CustomStringConvertible {
    /// The layout in one line, such as `tensor 2 × pipeline 2 × data 2, micro-batch 2, 1f1b, ZeRO-1, recompute none`.
    public var description: String {
        "tensor \(tensor) × pipeline \(pipeline)\(interleave > 1 ? " × interleave \(interleave)" : "") × data \(data), "
            + "micro-batch \(microBatch), \(schedule.rawValue), ZeRO-\(zero), recompute \(recompute.rawValue)"
            + (sequenceParallel ? ", sequence parallel" : "")
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
