import Diagnostics
import Testing

@testable import Fabrics

/// Collectives over a vector of several blocks, each cut alike, as a micro-batch's samples are by their sequence.
@Suite struct BlockCollectiveTests {
    static let sizes = [1, 2, 3, 4, 8]

    @Test(arguments: sizes, [1, 2])
    func reduceScatterLeavesEachMemberItsPieceOfEveryBlock(members: Int, hosts: Int) throws {
        try withEach(members, hosts) { group, blocks, fabric, seed in
            try finish(group.members(.reduceScatter, tag: 5, blocks: blocks), on: fabric, seed: seed)
            for member in 0..<members {
                let places = group.places(of: member, blocks: blocks)
                let sums = group.sums
                #expect(group.output(member, count: places.count, inPlace: false) == places.map { sums[$0] })
            }
            #expect(fabric.messagesHeld == 0)
        }
    }

    @Test(arguments: sizes, [1, 2])
    func allGatherPutsEveryPieceInItsBlock(members: Int, hosts: Int) throws {
        try withEach(members, hosts) { group, blocks, fabric, seed in
            group.packInputs(blocks: blocks)
            let parts = group.members(.allGather, tag: 5, blocks: blocks) { _, _, _ in Issue.record("it combined") }
            try finish(parts, on: fabric, seed: seed)
            var expected = [UInt32](repeating: 0, count: group.count)
            for member in 0..<members {
                for place in group.places(of: member, blocks: blocks) {
                    expected[place] = group.inputs[member][place].bitPattern
                }
            }
            for member in 0..<members {
                #expect(group.output(member, count: group.count, inPlace: false) == expected)
            }
            #expect(fabric.messagesHeld == 0)
        }
    }

    @Test(arguments: sizes)
    func whatIsScatteredCanBeGathered(members: Int) throws {
        try withEach(members, 1) { group, blocks, fabric, seed in
            try finish(group.members(.reduceScatter, tag: 5, blocks: blocks), on: fabric, seed: seed)
            let sums = group.sums
            group.returnOutputs(blocks: blocks)
            try finish(group.members(.allGather, tag: 6, blocks: blocks), on: fabric, seed: seed)
            for member in 0..<members { #expect(group.output(member, count: group.count, inPlace: false) == sums) }
        }
    }

    @Test(arguments: [2, 4], [1, 2])
    func aMemberThatIsDoneMayOverwriteWhatItGave(members: Int, hosts: Int) throws {
        try withEach(members, hosts) { group, blocks, fabric, seed in
            let parts = group.members(.reduceScatter, tag: 5, blocks: blocks)
            let sums = group.sums
            try finish(parts, on: fabric, seed: seed) { group.overwriteWholeInput(of: $0) }
            for member in 0..<members {
                let places = group.places(of: member, blocks: blocks)
                #expect(group.output(member, count: places.count, inPlace: false) == places.map { sums[$0] })
            }
        }
    }

    @Test func progressGrowsUntilTheEndAndStandsStillWhileWaiting() throws {
        let fabric = try LocalFabric(ranks: 2)
        let parts = Group(ranks: [0, 1], cuts: [0, 2, 4], blocks: 3, seed: 1)
        let members = parts.members(.reduceScatter, tag: 1, blocks: 3)
        #expect(members[0].progress == 0)
        #expect(try !members[0].step(fabric))
        let begun = members[0].progress
        #expect(begun > 0)
        #expect(try !members[0].step(fabric))
        #expect(members[0].progress == begun)
        #expect(try members[1].step(fabric))
        #expect(try members[0].step(fabric))
        #expect(members[0].progress > begun)
    }

    /// Groups of several shapes and numbers of blocks, each with a new fabric, stepped in several orders.
    private func withEach(
        _ members: Int, _ hosts: Int, _ body: (Group, _ blocks: Int, any Fabric, _ seed: Int) throws -> Void
    ) throws {
        for (shape, cuts) in CollectiveTests.cuts(members).enumerated() {
            for blocks in [1, 2, 3, 5] {
                for seed in 0..<4 {
                    let group = Group(ranks: Array(0..<members), cuts: cuts, blocks: blocks, seed: shape)
                    let local = try LocalFabric(ranks: members)
                    let fabric: any Fabric = hosts == 1 || members == 1 ? local : try SpreadFabric(local)
                    try body(group, blocks, fabric, seed)
                }
            }
        }
    }
}

/// Mailboxes of one process that say that they are two hosts: nothing is lent, every message is a copy.
final class SpreadFabric: Fabric {
    private let local: LocalFabric
    let placement: Placement

    init(_ local: LocalFabric) throws(Diagnostic) {
        self.local = local
        placement = try Placement(ranks: local.placement.ranks, hosts: 2)
    }

    var host: Int { 0 }
    var bytesHeld: Int { local.bytesHeld }
    var bytesHeldMost: Int { local.bytesHeldMost }
    var messagesHeld: Int { local.messagesHeld }

    func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) { local.send(payload, from: from, to: to, tag: tag) }
    func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        try local.take(from: from, to: to, tag: tag)
    }
    func idle() throws(Diagnostic) { try local.idle() }
    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] { bytes }
    func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] { [bytes, []] }
    func barrier() throws(Diagnostic) {}
    func finish() {}
    func abort(status: Int32) -> Never { local.abort(status: status) }
}
