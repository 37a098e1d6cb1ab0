import ClusterProfiles
import Recipes

/// Whose measured steps a profile's interval of step times rests on.
struct IntervalBasis: Equatable {
    /// The shipped rows that were measured on the profile's cluster, by engine; none where the figure has another source.
    var rows: [MeasuredSteps.Coverage]
    /// What the profile says of the figure.
    var source: String

    /// `nil` if the profile states no uncertainty.
    init?(_ profile: ClusterProfile, isOneNode: Bool) {
        guard let uncertainty = profile.uncertainty else { return nil }
        let figure = (isOneNode ? uncertainty.oneNodeStepTimeHigh : nil) ?? uncertainty.stepTimeHigh
        source = figure.source
        rows = source.contains("fixtures/measurements") ? MeasuredSteps.coverage(of: profile.name) : []
    }

    /// The basis for people who look at an estimate of some engine, as a clause.
    func text(for style: EngineStyle) -> String {
        guard !rows.isEmpty else {
            return source + (style == .serre ? "; no step of Serre's own was measured" : "")
        }
        let counts = rows.map { "\($0.rows) of \($0.style.title)" }
        let others = rows.contains { $0.style == style } ? "" : "; none of \(style.title)"
        return "as 80 % of the steps measured on this cluster lie about their estimates: "
            + counts.joined(separator: ", ") + others
    }
}

extension EngineStyle {
    /// The engine's own name.
    var title: String {
        switch self {
        case .serre: "Serre"
        case .megatron: "Megatron-LM"
        case .deepspeed: "Megatron-DeepSpeed"
        case .fsdp: "FSDP"
        }
    }
}
