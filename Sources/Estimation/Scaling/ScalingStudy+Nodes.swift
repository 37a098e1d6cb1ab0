import ClusterProfiles
import Diagnostics
import Recipes

extension ScalingStudy.Kind {
    /// The recipe with the data degree, and in weak scaling the batch, that fill so many nodes.
    ///
    /// Throws `scaling.unfilled` or what the layout breaks.
    func recipe(_ recipe: Recipe, filling nodes: Int, of profile: ClusterProfile) throws(Diagnostic) -> Recipe {
        guard (1...profile.nodes.count).contains(nodes) else {
            throw Diagnostic("scaling.unfilled", "\(profile.name) has \(Lines.nodes(profile.nodes.count))")
        }
        let accelerators = nodes * profile.nodes.acceleratorsPerNode
        let replica = recipe.layout.tensor * recipe.layout.pipeline
        guard accelerators % replica == 0 else {
            throw Diagnostic(
                "scaling.unfilled",
                "replicas of \(replica) ranks (tensor \(recipe.layout.tensor) × pipeline \(recipe.layout.pipeline)) "
                    + "do not fill \(accelerators) accelerators")
        }
        var filled = recipe
        switch self {
        case .strong: filled.layout.data = accelerators / replica
        case .weak: filled.growReplicas(to: accelerators / replica)
        }
        let legal = filled.legalDataDegrees
        guard legal.contains(filled.layout.data) else {
            throw Diagnostic(
                "scaling.unfilled",
                "data degree \(filled.layout.data) is not legal with "
                    + (recipe.layout.style == .serre ? "\(filled.lanes) lanes" : "this batch and micro-batch")
                    + ": only \(legal.map { "\($0)" }.joined(separator: ", "))")
        }
        try filled.validate()
        return filled
    }

    /// The numbers of nodes that a legal data degree fills, ascending; in weak scaling, where every degree is legal with a
    /// batch of its own, the smallest number of whole nodes and its doubles.
    func fillableNodes(_ recipe: Recipe, of profile: ClusterProfile) -> [Int] {
        let perNode = profile.nodes.acceleratorsPerNode
        let replica = recipe.layout.tensor * recipe.layout.pipeline
        func nodes(_ data: Int) -> Int? {
            guard replica * data % perNode == 0 else { return nil }
            let nodes = replica * data / perNode
            return nodes <= profile.nodes.count ? nodes : nil
        }
        switch self {
        case .strong: return recipe.legalDataDegrees.compactMap(nodes)
        case .weak:
            guard let first = (1...perNode).lazy.compactMap(nodes).first else { return [] }
            return Array(sequence(first: first) { 2 * $0 <= profile.nodes.count ? 2 * $0 : nil })
        }
    }
}

extension Recipe {
    /// The data degrees of this layout that the rules of its engine allow.
    var legalDataDegrees: [Int] {
        guard layout.style != .serre else { return legalDataDegrees(zero: layout.zero) }
        // Data degree times micro-batch must divide every batch.
        return legalMicroBatches(data: 1, zero: 0).filter { $0 % layout.microBatch == 0 }.map { $0 / layout.microBatch }
    }

    /// Another number of replicas, each with its samples and lanes as they were, and no ramp-up.
    fileprivate mutating func growReplicas(to data: Int) {
        batch = Batch(global: batch.global / layout.data * data)
        lanes = max(1, lanes / layout.data) * data
        layout.data = data
    }
}
