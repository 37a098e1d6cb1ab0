import ClusterProfiles
import Diagnostics
import Recipes

extension Recipe {
    /// This recipe with the data degree that fills `nodes` nodes of a cluster: what `--nodes` means.
    ///
    /// Throws `layout.nodes` if the cluster has fewer, if no legal data degree fills them, or if that is not the one that was
    /// asked for, `data`.
    public func filling(nodes: Int, of profile: ClusterProfile, data: Int? = nil) throws(Diagnostic) -> Recipe {
        guard (1...profile.nodes.count).contains(nodes) else {
            throw Diagnostic(
                "layout.nodes", nodes < 1 ? "a job has at least one node" : "\(profile.name) has not so many nodes",
                at: .init(key: "--nodes"),
                expected: "1 to \(profile.nodes.count)", found: "\(nodes)")
        }
        let perNode = profile.nodes.acceleratorsPerNode
        let share = layout.tensor * layout.pipeline
        var recipe = self
        recipe.layout.data = nodes * perNode / share
        let legal = legalDataDegrees
        guard recipe.layout.ranks == nodes * perNode, legal.contains(recipe.layout.data) else {
            let possible = legal.map { $0 * share }.filter { $0 % perNode == 0 }.map { $0 / perNode }
                .filter { $0 <= profile.nodes.count }
            throw Diagnostic(
                "layout.nodes",
                "no legal data degree fills so many nodes of \(perNode) with tensor \(layout.tensor) × pipeline "
                    + "\(layout.pipeline)", at: .init(key: "--nodes"),
                expected: possible.isEmpty ? nil : possible.map { "\($0)" }.joined(separator: ", "), found: "\(nodes)",
                remedy: possible.isEmpty ? "choose another tensor or pipeline degree" : nil)
        }
        if let data, data != recipe.layout.data {
            throw Diagnostic(
                "layout.nodes", "another data degree was asked for than the one that fills so many nodes",
                at: .init(key: "--data"), expected: "\(recipe.layout.data), or no --data", found: "\(data)",
                remedy: "leave out --nodes or --data")
        }
        try recipe.validate()
        return recipe
    }
}
