import ClusterProfiles
import Diagnostics
import Recipes

/// How a run's speed and cost change with the number of nodes, on a cluster and on variants of it.
///
/// Only the data degree follows the nodes: the rest of the layout is the recipe's.
public struct ScalingStudy: Sendable, Equatable {
    public var recipe: Recipe
    public var kind: Kind
    /// The cluster as its profile says first, then the variants.
    public var curves: [ScalingCurve]

    /// What stays the same while the nodes grow.
    public enum Kind: String, Sendable, CaseIterable {
        /// The global batch: the same run, sooner.
        case strong
        /// The batch of each replica: a larger global batch, and as many tokens in all. A ramp-up is left out, since it
        /// means a batch size.
        case weak
    }

    /// A cluster under the name that tables and charts give it.
    public struct Variant: Sendable, Equatable {
        public var name: String
        public var profile: ClusterProfile

        public init(name: String, profile: ClusterProfile) {
            self.name = name
            self.profile = profile
        }
    }

    /// The largest number of numbers of nodes in one study.
    public static let countsMax = 64

    /// Estimates every curve.
    ///
    /// - Parameters:
    ///   - nodes: the numbers of nodes; those that a legal data degree fills where it is `nil`.
    ///   - nodesMax: none larger than this.
    ///
    /// Throws `scaling.nodes` for a number below 1 or too many of them, and `scaling.no-point` if there is no point.
    public init(
        _ recipe: Recipe, _ kind: Kind = .strong, on profile: ClusterProfile, variants: [Variant] = [],
        nodes: [Int]? = nil, nodesMax: Int? = nil
    ) throws(Diagnostic) {
        if let wrong = ((nodes ?? []) + [nodesMax ?? 1]).first(where: { $0 < 1 }) {
            throw Diagnostic(
                "scaling.nodes", "a run needs a node", at: .init(key: "--nodes"), expected: "1 or more",
                found: "\(wrong)")
        }
        let largest = min(nodesMax ?? profile.nodes.count, profile.nodes.count)
        let counts = Self.ascending(nodes ?? kind.fillableNodes(recipe, of: profile)).filter {
            nodesMax == nil && nodes != nil || $0 <= largest
        }
        guard counts.count <= Self.countsMax else {
            throw Diagnostic(
                "scaling.nodes", "there are too many numbers of nodes", at: .init(key: "--nodes"),
                expected: "at most \(Self.countsMax)", found: "\(counts.count)")
        }
        self.recipe = recipe
        self.kind = kind
        curves = []
        for variant in [Variant(name: profile.name, profile: profile)] + variants {
            curves.append(
                try ScalingCurve(variant.name, recipe, kind, on: variant.profile, nodes: counts))
        }
        guard !curves[0].points.isEmpty else {
            let reason = curves[0].unfilled.first.map { ": \(Lines.nodes($0.nodes)): \($0.reason)" }
            throw Diagnostic(
                "scaling.no-point",
                "tensor \(recipe.layout.tensor) × pipeline \(recipe.layout.pipeline) can be estimated on none of these "
                    + "numbers of nodes" + (reason ?? ", since no legal layout fills any up to \(largest)"),
                at: .init(key: "--nodes"),
                remedy: "choose other nodes, or another tensor, pipeline or micro-batch")
        }
    }

    private static func ascending(_ counts: [Int]) -> [Int] {
        var kept: [Int] = []
        for count in counts.sorted() where kept.last != count { kept.append(count) }
        return kept
    }
}
