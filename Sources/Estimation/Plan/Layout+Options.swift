import Recipes

extension Layout {
    /// The options that make this layout of any recipe's.
    public var options: String { options(differingFrom: nil) }

    /// The options by which this layout differs from another; all of them without one.
    func options(differingFrom other: Layout?) -> String {
        settings(differingFrom: other).map { "\($0.option) \($0.value)" }.joined(separator: " ")
    }

    func namesOfOptions(differingFrom other: Layout) -> [String] {
        settings(differingFrom: other).map(\.option)
    }

    private func settings(differingFrom other: Layout?) -> [(option: String, value: String)] {
        guard let other else { return settings }
        return zip(settings, other.settings).filter { $0.value != $1.value }.map { $0.0 }
    }

    private var settings: [(option: String, value: String)] {
        [
            ("--tensor", "\(tensor)"), ("--pipeline", "\(pipeline)"), ("--schedule", schedule.rawValue),
            ("--interleave", "\(interleave)"), ("--data", "\(data)"), ("--micro-batch", "\(microBatch)"),
            ("--zero", "\(zero)"), ("--recompute", recompute.rawValue),
            ("--sequence-parallel", sequenceParallel ? "on" : "off"),
        ]
    }
}
