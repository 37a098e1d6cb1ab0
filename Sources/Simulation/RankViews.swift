import Programs
import Recipes

/// How one rank sees a set of ranks that it talks to: how many there are, and how many sit on its own node.
struct RankView: Hashable, Sendable {
    /// Ranks in the set, this one included.
    var members: Int
    /// Those on this rank's node, this one included.
    var onNode: Int
    /// Accelerators of the node that use the network for the same purpose at once, this one included; 0 if the set lies
    /// on one node.
    var sharers: Int
    /// The max-min fair share of a node's network that a ring through this rank gets, or the message to a neighbour, when all
    /// that use the network for the same purpose do so at once; 1 if the set lies on one node.
    var ringShare = 1.0

    static let alone = RankView(members: 1, onNode: 1, sharers: 0)
}

/// Where ranks sit, and what each sees of its groups and its neighbours in the pipeline.
///
/// Ranks fill the nodes in rank order, one per accelerator.
struct RankViews: Sendable {
    let layout: Layout
    let acceleratorsPerNode: Int
    private var groups: [[RankView]]
    private var peers: [[RankView]]

    init(layout: Layout, acceleratorsPerNode: Int) {
        self.layout = layout
        self.acceleratorsPerNode = acceleratorsPerNode
        groups = Array(repeating: [], count: Group.allCases.count)
        peers = []
        for kind in Group.allCases { groups[kind.index] = views(of: Self.instances(of: kind, in: layout)) }
        peers = [Peer.nextStage, .previousStage].map { peerViews($0) }
    }

    func view(of group: Group, from rank: Int) -> RankView { groups[group.index][rank] }

    func view(of peer: Peer, from rank: Int) -> RankView { peers[peer == .nextStage ? 0 : 1][rank] }

    /// Everything that places can do to a rank's time.
    func all(from rank: Int) -> [RankView] { groups.map { $0[rank] } + peers.map { $0[rank] } }

    private func node(of rank: Int) -> Int { rank / acceleratorsPerNode }

    private var nodes: Int { (layout.ranks + acceleratorsPerNode - 1) / acceleratorsPerNode }

    /// Every group of a kind, each as its ranks in order.
    private static func instances(of kind: Group, in layout: Layout) -> [[Int]] {
        let (tensors, datas, stages) = (0..<layout.tensor, 0..<layout.data, 0..<layout.pipeline)
        let leads: [Coordinate] =
            switch kind {
            case .tensor: stages.flatMap { p in datas.map { Coordinate(tensor: 0, data: $0, pipeline: p) } }
            case .data: stages.flatMap { p in tensors.map { Coordinate(tensor: $0, data: 0, pipeline: p) } }
            case .tied: datas.flatMap { d in tensors.map { Coordinate(tensor: $0, data: d, pipeline: 0) } }
            case .replica: datas.map { Coordinate(tensor: 0, data: $0, pipeline: 0) }
            }
        guard kind != .tied || layout.pipeline > 1 else { return [] }
        return leads.map { kind.members(of: $0, in: layout) }
    }

    private func views(of instances: [[Int]]) -> [RankView] {
        var views = Array(repeating: RankView.alone, count: layout.ranks)
        var users = Array(repeating: 0, count: nodes)
        for members in instances where node(of: members[0]) != node(of: members[members.count - 1]) {
            for rank in members { users[node(of: rank)] += 1 }
        }
        let shares = ringShares(instances)
        for (index, members) in instances.enumerated() {
            // Members ascend, so those of a node are neighbours in the list.
            for run in members.split(whereNeighboursDiffer: { node(of: $0) != node(of: $1) }) {
                let sharers = run.count == members.count ? 0 : users[node(of: run[run.startIndex])]
                for rank in run {
                    views[rank] = RankView(
                        members: members.count, onNode: run.count, sharers: sharers, ringShare: shares[index])
                }
            }
        }
        return views
    }

    /// What each group's ring gets of the network: it leaves and enters each of its nodes once, and is as fast as its
    /// slowest crossing.
    private func ringShares(_ instances: [[Int]]) -> [Double] {
        var flows: [[Int]] = []
        var owners: [Int] = []
        for (index, members) in instances.enumerated() {
            let runs = members.split(whereNeighboursDiffer: { node(of: $0) != node(of: $1) }).map {
                node(of: $0.first ?? 0)
            }
            guard runs.count > 1 else { continue }
            for (place, from) in runs.enumerated() {
                flows.append([2 * from, 2 * runs[(place + 1) % runs.count] + 1])
                owners.append(index)
            }
        }
        var shares = instances.map { _ in 1.0 }
        for (owner, rate) in zip(owners, FairShares.rates(flows, links: 2 * nodes)) {
            shares[owner] = min(shares[owner], rate)
        }
        return shares
    }

    private func peerViews(_ peer: Peer) -> [RankView] {
        let last = layout.pipeline - 1
        // With several chunks per rank the stages are a ring.
        let isRing = layout.interleave > 1
        var crossing = Array(repeating: false, count: layout.ranks)
        var users = Array(repeating: 0, count: nodes)
        var exists = crossing
        for rank in 0..<layout.ranks {
            let coordinate = Coordinate(rank: rank, in: layout)
            guard isRing || (peer == .nextStage ? coordinate.pipeline < last : coordinate.pipeline > 0) else {
                continue
            }
            exists[rank] = true
            if node(of: peer.rank(of: coordinate, in: layout)) != node(of: rank) {
                crossing[rank] = true
                users[node(of: rank)] += 1
            }
        }
        let senders = (0..<layout.ranks).filter { crossing[$0] }
        let flows = senders.map { rank in
            [
                2 * node(of: rank),
                2 * node(of: peer.rank(of: Coordinate(rank: rank, in: layout), in: layout)) + 1,
            ]
        }
        var shares = Array(repeating: 1.0, count: layout.ranks)
        for (rank, rate) in zip(senders, FairShares.rates(flows, links: 2 * nodes)) { shares[rank] = rate }
        return (0..<layout.ranks).map { rank in
            guard exists[rank] else { return .alone }
            return crossing[rank]
                ? RankView(members: 2, onNode: 1, sharers: users[node(of: rank)], ringShare: shares[rank])
                : RankView(members: 2, onNode: 2, sharers: 0)
        }
    }
}

extension Array {
    /// The longest runs of neighbours between which `differ` is false.
    fileprivate func split(whereNeighboursDiffer differ: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
        var runs: [ArraySlice<Element>] = []
        var start = startIndex
        for index in indices where index + 1 == endIndex || differ(self[index], self[index + 1]) {
            runs.append(self[start...index])
            start = index + 1
        }
        return runs
    }
}
