import ClusterProfiles
import Recipes

/// Whose measured steps a profile's interval of step times rests on.
struct IntervalBasis: Equatable {
    /// The shipped rows that were measured on the profile's cluster, by engine; none where the figure has another source.
    var rows: [Count]
    /// What the profile says of the figure.
    var source: String

    struct Count: Equatable {
        var style: EngineStyle
        var count: Int
    }

    /// `nil` if the profile states no uncertainty.
    init?(_ profile: ClusterProfile, isOneNode: Bool) {
        guard let uncertainty = profile.uncertainty else { return nil }
        let figure = (isOneNode ? uncertainty.oneNodeStepTimeHigh : nil) ?? uncertainty.stepTimeHigh
        source = figure.source
        rows = source.contains("fixtures/measurements") ? Self.rows(on: profile.name) : []
    }

    /// An installation without the shipped rows has none to count.
    private static func rows(on profile: String) -> [Count] {
        guard let shipped = try? MeasuredRow.shipped() else { return [] }
        let here = shipped.filter { row in
            (try? MeasuredCluster.profile(of: row)) == profile && row.secondsPerStep != nil
        }
        let styles = here.compactMap { (try? MeasuredRun($0, among: shipped))?.layouts.first?.style }
        return EngineStyle.allCases.compactMap { style in
            let count = styles.count { $0 == style }
            return count > 0 ? Count(style: style, count: count) : nil
        }
    }

    /// The basis for people who look at an estimate of some engine, as a clause.
    func text(for style: EngineStyle) -> String {
        guard !rows.isEmpty else {
            return source + (style == .serre ? "; no step of Serre's own was measured" : "")
        }
        let counts = rows.map { "\($0.count) of \($0.style.title)" }
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
