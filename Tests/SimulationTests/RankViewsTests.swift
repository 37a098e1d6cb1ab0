import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("Where ranks sit") struct RankViewsTests {
    @Test("Tensor groups inside a node, data groups across nodes: all accelerators of a node share the network")
    func tensorInside() {
        let views = RankViews(layout: Layout(tensor: 2, pipeline: 1, data: 4), acceleratorsPerNode: 4)
        for rank in 0..<8 {
            #expect(views.view(of: Group.tensor, from: rank) == RankView(members: 2, onNode: 2, sharers: 0))
            #expect(
                views.view(of: Group.data, from: rank) == RankView(members: 4, onNode: 2, sharers: 4, ringShare: 0.5))
        }
    }

    @Test("A group that a node's border cuts in unequal parts is seen differently from its two sides")
    func unequalParts() {
        let views = RankViews(layout: Layout(tensor: 4, pipeline: 1, data: 1), acceleratorsPerNode: 3)
        #expect(views.view(of: Group.tensor, from: 0) == RankView(members: 4, onNode: 3, sharers: 3))
        #expect(views.view(of: Group.tensor, from: 3) == RankView(members: 4, onNode: 1, sharers: 1))
    }

    @Test("Only the ranks whose neighbour is on another node share the network with each other")
    func neighbours() {
        // Two stages on each node: the second of them sends on over the network, the first does not.
        let views = RankViews(layout: Layout(tensor: 2, pipeline: 4, data: 1), acceleratorsPerNode: 4)
        #expect(views.view(of: Peer.nextStage, from: 0) == RankView(members: 2, onNode: 2, sharers: 0))
        #expect(views.view(of: Peer.nextStage, from: 2) == RankView(members: 2, onNode: 1, sharers: 2, ringShare: 0.5))
        #expect(
            views.view(of: Peer.previousStage, from: 4) == RankView(members: 2, onNode: 1, sharers: 2, ringShare: 0.5))
        #expect(views.view(of: Peer.nextStage, from: 7) == .alone)
        #expect(views.view(of: Peer.previousStage, from: 0) == .alone)
    }

    @Test("Only the ends of the pipeline hold the tied embedding")
    func tied() {
        let views = RankViews(layout: Layout(tensor: 2, pipeline: 4, data: 1), acceleratorsPerNode: 2)
        #expect(views.view(of: Group.tied, from: 0) == RankView(members: 2, onNode: 1, sharers: 2, ringShare: 0.5))
        #expect(views.view(of: Group.tied, from: 7) == RankView(members: 2, onNode: 1, sharers: 2, ringShare: 0.5))
        #expect(views.view(of: Group.tied, from: 3) == .alone)
    }
}
