import ClusterProfiles
import Diagnostics
import Recipes

/// The points of one recipe on growing parts of one cluster.
public struct ScalingCurve: Sendable, Equatable {
    public var name: String
    public var profile: ClusterProfile
    /// In the order of their nodes.
    public var points: [ScalingPoint]
    /// The numbers of nodes that no legal layout fills, or on which the run would not end.
    public var unfilled: [Unfilled]

    /// A number of nodes without a point.
    public struct Unfilled: Sendable, Equatable, Encodable {
        public var nodes: Int
        public var reason: String
    }

    /// Estimates the recipe on each number of nodes that a legal data degree fills.
    init(
        _ name: String, _ recipe: Recipe, _ kind: ScalingStudy.Kind, on profile: ClusterProfile, nodes counts: [Int]
    ) throws(Diagnostic) {
        self.name = name
        self.profile = profile
        points = []
        unfilled = []
        for nodes in counts {
            do throws(Diagnostic) {
                let filled = try kind.recipe(recipe, filling: nodes, of: profile)
                points.append(ScalingPoint(try Estimate(filled, on: profile), nodes: nodes))
            } catch {
                unfilled.append(Unfilled(nodes: nodes, reason: Self.reason(error)))
            }
        }
        let base = (points.first { $0.fits } ?? points.first)?.tokensPerSecondAndAccelerator ?? 1
        for index in points.indices {
            points[index].efficiency = points[index].tokensPerSecondAndAccelerator / base
        }
    }

    /// The diagnostic without its place, which is no option of this command.
    private static func reason(_ problem: Diagnostic) -> String {
        var clause = problem
        clause.location = nil
        clause.remedy = nil
        return clause.description
    }

    /// The fewest nodes on which the run fits memory and ends within so many days.
    public func fewestNodes(days: Double) -> ScalingPoint? { points.first { $0.fits && $0.days <= days } }
}
