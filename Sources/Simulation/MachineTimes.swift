import ClusterProfiles
import Diagnostics
import Programs
import Recipes

/// What the clock charges for a single kernel, message or collective: for holding a profile beside measurements of them.
public struct MachineTimes: Sendable {
    private let costs: MachineCosts
    private let library: MachineCosts
    private let elementBytes: Double
    private let acceleratorsPerNode: Int

    /// Throws `profile.no-peak` for a precision without a peak.
    public init(_ profile: ClusterProfile, precision: Recipe.Precision = .float32) throws(Diagnostic) {
        costs = try MachineCosts(profile, precision: precision)
        var library = costs
        library.collectives = profile.collectives
        self.library = library
        elementBytes =
            switch precision {
            case .float32: 4
            case .bfloat16, .float16: 2
            case .float8: 1
            }
        acceleratorsPerNode = profile.nodes.acceleratorsPerNode
    }

    /// Seconds of a kernel of Serre's own that does so much work.
    public func seconds(_ operation: Operation, _ work: Work) -> Double { costs.seconds(operation, work) }

    /// Seconds of a product of an m × k and a k × n matrix.
    public func product(m: Int, n: Int, k: Int) -> Double {
        let product = MatrixProduct(m: m, n: n, k: k, transposesB: false, segments: 1, addsBias: false)
        let (m, n, k) = (Double(m), Double(n), Double(k))
        let work = Work(matrixOperations: 2 * m * n * k, memoryBytes: elementBytes * (m * k + k * n + m * n))
        return costs.seconds(.product(product), work)
    }

    /// Seconds until a message has arrived at another accelerator of the node.
    public func message(bytes: Int) -> Double {
        let (link, latency) = costs.transfer(bytes: Double(bytes), RankView(members: 2, onNode: 2, sharers: 0))
        return link + latency
    }

    /// Seconds of Serre's own all-reduce among accelerators of one node.
    public func exchange(bytes: Int, members: Int) -> Double {
        2
            * costs.round(
                chunkBytes: Double(bytes) / Double(members),
                RankView(members: members, onNode: members, sharers: 0))
    }

    /// Seconds of a communication library's all-reduce over so many ranks, as many on each of the nodes; Serre's own
    /// where the profile does not know the library's protocols.
    public func allReduce(bytes: Int, ranks: Int, nodes: Int) -> Double {
        let onNode = max(1, ranks / nodes)
        let view = RankView(members: ranks, onNode: onNode, sharers: nodes > 1 ? onNode : 0)
        let each = (bytes + ranks - 1) / ranks
        let cuts = (0...ranks).map { min(bytes, $0 * each) }
        let operation = CollectiveOperation(.allReduceSum, .data, count: bytes, cuts: cuts)
        return library.seconds(operation, elementBytes: 1, view)
    }
}
