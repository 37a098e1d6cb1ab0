import ClusterProfiles
import Diagnostics
import Programs
import Recipes

/// What an instruction takes on one accelerator of a cluster, and a message on its links: seconds, nothing waited for.
///
/// Arithmetic is charged by roofline: the longer of operations over achieved peak and bytes over achieved memory
/// bandwidth, plus one kernel launch. Messages are charged latency and bytes over achieved bandwidth; the accelerators
/// of a node that use the network for the same purpose get equal shares of it.
struct MachineCosts: Sendable {
    var operationsPerSecond: Double
    var memoryBytesPerSecond: Double
    var launchSeconds: Double
    /// Bytes of a stored activation or weight.
    var elementBytes: Double
    var intraNode: ClusterProfile.IntraNodeLink
    var interNode: ClusterProfile.InterNodeNetwork

    init(_ profile: ClusterProfile, precision: Recipe.Precision) throws(Diagnostic) {
        let accelerator = profile.accelerator
        operationsPerSecond = try profile.peakOperationsPerSecond(precision) * accelerator.matmulFraction.value
        memoryBytesPerSecond = accelerator.memoryBytesPerSecond
        launchSeconds = accelerator.kernelLaunchSeconds
        elementBytes = precision == .float32 ? 4 : 2
        intraNode = profile.intraNode
        interNode = profile.interNode
    }

    /// An instruction that is no communication.
    func seconds(_ instruction: Instruction) -> Double {
        let work = instruction.work(elementBytes: elementBytes)
        return max(work.matrixOperations / operationsPerSecond, work.memoryBytes / memoryBytesPerSecond) + launchSeconds
    }

    /// A message to a neighbour: how long it keeps the link busy, and the latency after that.
    func transfer(elements: Int, _ view: RankView) -> (link: Double, latency: Double) {
        let bytes = Double(elements) * elementBytes
        return view.sharers > 0
            ? (bytes / networkBytesPerSecond(view), interNode.latencySeconds)
            : (bytes / intraNode.bytesPerSecond, intraNode.latencySeconds)
    }

    /// A collective, from the moment its last member arrives, as one member sees it.
    ///
    /// Every member sends each other one that one's chunk, and the finished chunks go back the same way: two rounds
    /// for an all-reduce (ring volume, 2(n−1)/n of the bytes), one for its halves. In a round a member handles n−1
    /// pieces as large as the largest chunk; those for its own node go over the node's links while the others go over
    /// the network.
    func seconds(_ operation: CollectiveOperation, _ view: RankView) -> Double {
        let rounds: Double =
            switch operation.kind {
            case .allReduceSum, .allReduceOr, .allReduceMax: 2
            case .reduceScatter, .reduceScatterOr, .allGather: 1
            }
        return rounds * round(chunkBytes: Double(operation.largestChunk) * wireBytes(operation.kind), view)
    }

    /// One round in which every member sends `chunkBytes` to every other.
    func round(chunkBytes: Double, _ view: RankView) -> Double {
        guard view.members > 1 else { return 0 }
        let inside = Double(view.onNode - 1) * chunkBytes / intraNode.bytesPerSecond
        guard view.sharers > 0 else { return inside + intraNode.latencySeconds }
        let outside = Double(view.members - view.onNode) * chunkBytes / networkBytesPerSecond(view)
        return max(inside + intraNode.latencySeconds, outside + interNode.latencySeconds)
    }

    private func networkBytesPerSecond(_ view: RankView) -> Double {
        interNode.bytesPerSecondPerNode / Double(view.sharers)
    }

    /// Partial sums travel as float32 whatever the precision (rule A1); selected and gathered values as they are
    /// stored.
    private func wireBytes(_ kind: CollectiveOperation.Kind) -> Double {
        switch kind {
        case .allReduceSum, .reduceScatter: 4
        case .allReduceOr, .allReduceMax, .reduceScatterOr, .allGather: elementBytes
        }
    }
}

extension ClusterProfile {
    /// The accelerator's peak for matrix products of a precision, in operations per second.
    ///
    /// Throws `profile.no-peak` if the accelerator has no unit for it.
    public func peakOperationsPerSecond(_ precision: Recipe.Precision) throws(Diagnostic) -> Double {
        let peaks = accelerator.peakTeraflopsPerSecond
        let figure: Figure? =
            switch precision {
            case .float32: peaks.float32
            case .float16: peaks.float16
            case .bfloat16: peaks.bfloat16
            case .float8: peaks.float8
            }
        guard let figure else {
            let known = [
                ("float32", true), ("float16", peaks.float16 != nil), ("bfloat16", peaks.bfloat16 != nil),
                ("float8", peaks.float8 != nil),
            ]
            let names = known.filter { $0.1 }.map { $0.0 }
            throw Diagnostic(
                "profile.no-peak", "\(accelerator.name) of \(name) has no peak for this precision",
                at: .init(key: "precision"), expected: names.joined(separator: " or "), found: precision.rawValue,
                remedy: "pass --precision \(names[names.count - 1])")
        }
        return figure.value * 1e12
    }

    /// Refuses a layout with more ranks than accelerators, and says which data degree would fit.
    public func requireRoom(for layout: Layout) throws(Diagnostic) {
        guard layout.ranks > accelerators else { return }
        let share = layout.tensor * layout.pipeline
        var data = layout.data
        // Half of a legal data degree is legal, and so is 1.
        while data > 1, share * data > accelerators { data = data % 2 == 0 ? data / 2 : 1 }
        let fits = share * data <= accelerators
        throw Diagnostic(
            "layout.exceeds-profile",
            "tensor \(layout.tensor) × pipeline \(layout.pipeline) × data \(layout.data) needs "
                + counted(layout.ranks, "accelerator")
                + ", but \(name) has \(counted(nodes.count, "node")) of \(nodes.acceleratorsPerNode)",
            at: .init(key: "layout"), expected: "at most \(accelerators) ranks", found: "\(layout.ranks)",
            remedy: fits
                ? "pass --data \(data), which takes \(counted(share * data, "accelerator"))"
                : "lower the tensor or pipeline degree: their product alone is \(share)")
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
