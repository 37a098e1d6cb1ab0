import ClusterProfiles
import Foundation
import Programs

/// Collectives: Serre's canonical exchange, and a communication library's rings and trees.
extension MachineCosts {
    /// A collective, from the moment its last member arrives, as one member sees it.
    func seconds(_ operation: CollectiveOperation, elementBytes: Double, _ view: RankView) -> Double {
        guard view.members > 1 else { return 0 }
        let rounds: Double =
            switch operation.kind {
            case .allReduceSum, .allReduceOr, .allReduceMax: 2
            case .reduceScatter, .reduceScatterOr, .allGather: 1
            }
        let chunkBytes = Double(operation.largestChunk) * elementBytes
        guard let collectives else { return rounds * round(chunkBytes: chunkBytes, view) }
        return (1 + engine.host) * library(rounds: rounds, chunkBytes: chunkBytes, view, collectives)
    }

    /// One round of the canonical exchange, in which every member sends `chunkBytes` to every other.
    ///
    /// Every member sends each other one that one's chunk, and the finished chunks go back the same way: two rounds for an
    /// all-reduce (ring volume, 2(n−1)/n of the bytes), one for its halves. In a round a member handles n−1 pieces as large
    /// as the largest chunk; those for its own node go over the node's links while the others go over the network.
    func round(chunkBytes: Double, _ view: RankView) -> Double {
        guard view.members > 1 else { return 0 }
        let inside = Double(view.onNode - 1) * chunkBytes / intraNode.bytesPerSecond(among: view.onNode)
        guard view.sharers > 0 else { return inside + intraNode.latencySeconds }
        let network = interNode.bytesPerSecondPerNode / Double(view.sharers)
        let outside = Double(view.members - view.onNode) * chunkBytes / network
        return max(inside + intraNode.latencySeconds, outside + interNode.latencySeconds)
    }

    /// The fastest algorithm and protocol for the message, as NCCL's tuner chooses them: a ring for all, and for an
    /// all-reduce over several nodes, which goes round twice, a tree. NCCL has none for gathers and scatters.
    private func library(
        rounds: Double, chunkBytes: Double, _ view: RankView, _ figures: ClusterProfile.Collectives
    ) -> Double {
        let (members, nodes) = (Double(view.members), Double(view.members) / Double(view.onNode))
        let volume = rounds * (members - 1) * chunkBytes
        let inside = intraNode.bytesPerSecond(among: view.onNode)
        // A ring crosses a node's border once in each direction, however many of its members are there.
        let bandwidth =
            view.sharers == 0
            ? inside
            : min(
                view.onNode > 1 ? inside : .infinity,
                (engine.networkBytesPerSecond ?? interNode.bytesPerSecondPerNode) * view.ringShare)
        let crossings = view.sharers == 0 ? 0 : rounds * (nodes - 1).rounded(.up)
        let steps = rounds * (members - 1)
        var best = Double.infinity
        for wire in figures.wires {
            let intra = wire.intraNodeMicroseconds.value * 1e-6
            let inter = wire.interNodeMicroseconds.value * 1e-6
            let base = wire.baseMicroseconds.value * 1e-6
            let sending = volume / (bandwidth * wire.bandwidthFraction.value)
            best = min(best, base + (steps - crossings) * intra + crossings * inter + sending)
            guard view.sharers > 0, rounds == 2 else { continue }
            let hops = rounds * (Double(view.onNode - 1) * intra + log2(nodes.rounded(.up)) * inter)
            best = min(best, base + hops + sending / figures.treeFraction.value)
        }
        return best
    }
}
