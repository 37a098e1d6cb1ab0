/// What the time of a step is due to, in two ways that each account for all of it.
///
/// *Shares* look at accelerators: what one of them did or waited for at each moment, so that a collective counts as far
/// as nothing hides it, and waiting for another stage is bubble. They say what is paid for.
///
/// The *critical path* walks back from the end of the step: where a rank waited, it goes on at the rank that was waited
/// for. It has no waiting in it; a message or a collective on it counts from its departure to its end, even where it
/// travels beside computing. It says what a step would be shorter by: what is not on the path can be made free for no
/// gain. A pipeline's bubble shows there as work of several stages, one after the other.
public struct Attribution: Sendable, Equatable {
    /// The step's.
    public var seconds: Double
    /// The mean over all accelerators.
    public var mean: Breakdown
    /// The mean over the accelerators of each stage.
    public var stages: [Breakdown]
    public var criticalPath: Breakdown
    /// How often the critical path goes over to another rank.
    public var criticalHops: Int

    public init(_ recording: StepRecording) {
        seconds = recording.timing.seconds
        let costs = PassBreakdowns(recording)
        var sums = recording.timing.stages.map { _ in Breakdown() }
        var weights = sums.map { _ in 0.0 }
        for (track, rank) in recording.timing.ranks.enumerated() {
            let weight = Double(rank.standsFor)
            sums[rank.coordinate.pipeline].add(recording.breakdown(of: track, costs), times: weight)
            weights[rank.coordinate.pipeline] += weight
        }
        var all = Breakdown()
        for sum in sums { all.add(sum, times: 1) }
        mean = all.divided(by: weights.reduce(0, +))
        stages = zip(sums, weights).map { $0.divided(by: $1) }
        var path = CriticalPath(recording, costs)
        path.walk()
        (criticalPath, criticalHops) = (path.breakdown, path.hops)
    }

    /// The stage that waits least, the first of equals.
    public var busiestStage: Int {
        let waits = stages.map { $0.seconds(of: .bubble) }
        return waits.indices.min { waits[$0] < waits[$1] } ?? 0
    }

    /// Seconds by category; together the time that is accounted for.
    public struct Breakdown: Sendable, Equatable {
        private var values = Array(repeating: 0.0, count: TimeCategory.allCases.count)

        public internal(set) subscript(category: TimeCategory) -> Double {
            get { values[category.index] }
            set { values[category.index] = newValue }
        }

        public var total: Double { values.reduce(0, +) }

        public func seconds(of kind: TimeCategory.Kind) -> Double {
            TimeCategory.allCases.reduce(0) { $1.kind == kind ? $0 + self[$1] : $0 }
        }

        mutating func add(_ other: Breakdown, times factor: Double) {
            for index in values.indices { values[index] += factor * other.values[index] }
        }

        func divided(by divisor: Double) -> Breakdown {
            var result = self
            for index in values.indices { result.values[index] /= divisor }
            return result
        }
    }
}

extension TimeCategory {
    /// The category's place in ``allCases``.
    var index: Int {
        switch self {
        case .matrixProducts: 0
        case .attention: 1
        case .otherKernels: 2
        case .optimizer: 3
        case .launches: 4
        case .interference: 5
        case .tensorExchange: 6
        case .dataExchange: 7
        case .embeddingExchange: 8
        case .statisticsExchange: 9
        case .pipelineTransfer: 10
        case .warmupBubble: 11
        case .steadyBubble: 12
        case .drainBubble: 13
        case .imbalance: 14
        }
    }
}

extension Attribution: Encodable {
    enum CodingKeys: String, CodingKey {
        case mean
        case busiest = "busiest_stage"
        case criticalPath = "critical_path"
    }

    /// Seconds by category of the mean accelerator, the busiest stage's and the critical path.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(mean, forKey: .mean)
        try container.encode(stages[busiestStage], forKey: .busiest)
        try container.encode(criticalPath, forKey: .criticalPath)
    }
}

extension Attribution.Breakdown: Encodable {
    /// Every category by its raw value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for category in TimeCategory.allCases {
            try container.encode(self[category], forKey: Key(stringValue: category.rawValue))
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
