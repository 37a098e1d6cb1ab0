/// A measured row and what became of it.
public struct RowOutcome: Sendable, Equatable {
    public var id: String
    public var family: String
    /// Whether constants of a cluster profile were fitted to this row.
    public var isFitted: Bool
    /// What the source leaves out and was assumed, as clauses.
    public var assumptions: [String]
    public var result: Result

    public enum Result: Sendable, Equatable {
        /// A prediction beside the measurement.
        case compared(Comparison)
        /// The run ended for want of memory: only whether that was predicted counts.
        case ranOutOfMemory(predictedBytes: Double, isPredicted: Bool)
        /// Not used, for this reason.
        case skipped(String)
    }

    public struct Comparison: Sendable, Equatable {
        public var predictedSeconds: Double
        public var measuredSeconds: Double
        /// The 80 % interval of the prediction; `nil` if the profile states no uncertainty.
        public var interval: ClosedRange<Double>?
        public var predictedBytes: Double
        /// `nil` if it was not measured, or if it counts something that is not modelled.
        public var measuredBytes: Double?
        public var fits: Bool
        /// What layouts are compared within: the same model on as much of the same machine.
        public var question: String
        /// How the work was laid out, for telling layouts apart.
        public var layout: String
        /// Operations over the peak of all accelerators: the seconds that a perfect machine would take.
        public var idealSeconds: Double

        /// Relative error of the seconds.
        public var error: Double { predictedSeconds / measuredSeconds - 1 }
        /// Relative error of the memory; `nil` if it was not measured.
        public var memoryError: Double? { measuredBytes.map { predictedBytes / $0 - 1 } }
    }

    /// The comparison, if there is one.
    public var comparison: Comparison? {
        guard case .compared(let comparison) = result else { return nil }
        return comparison
    }
}

extension RowOutcome: Encodable {
    enum CodingKeys: String, CodingKey {
        case id, family
        case isFitted = "fitted"
        case assumptions = "assumed"
        case predictedSeconds = "predicted_seconds"
        case measuredSeconds = "measured_seconds"
        case low, high
        case predictedMemory = "predicted_memory_gib"
        case measuredMemory = "measured_memory_gib"
        case fits
        case ranOutOfMemory = "out_of_memory"
        case skipped
    }

    /// The keys of a row's line in `serre validate --json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(family, forKey: .family)
        if case .skipped(let reason) = result { return try container.encode(reason, forKey: .skipped) }
        try container.encode(isFitted, forKey: .isFitted)
        try container.encode(assumptions, forKey: .assumptions)
        switch result {
        case .compared(let comparison):
            try container.encode(comparison.predictedSeconds, forKey: .predictedSeconds)
            try container.encode(comparison.measuredSeconds, forKey: .measuredSeconds)
            try container.encode(comparison.interval?.lowerBound, forKey: .low)
            try container.encode(comparison.interval?.upperBound, forKey: .high)
            try container.encode(comparison.predictedBytes / 0x1p30, forKey: .predictedMemory)
            try container.encode(comparison.measuredBytes.map { $0 / 0x1p30 }, forKey: .measuredMemory)
            try container.encode(comparison.fits, forKey: .fits)
        case .ranOutOfMemory(let bytes, let isPredicted):
            try container.encode(true, forKey: .ranOutOfMemory)
            try container.encode(bytes / 0x1p30, forKey: .predictedMemory)
            try container.encode(!isPredicted, forKey: .fits)
        case .skipped: break
        }
    }
}
