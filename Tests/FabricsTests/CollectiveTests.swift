import Diagnostics
import Testing

@testable import Fabrics

@Suite struct CollectiveTests {
    static let sizes = [1, 2, 3, 4, 6, 8]

    /// Cuts of several shapes: even, uneven, and with empty chunks.
    static func cuts(_ members: Int) -> [[Int]] {
        var uneven = [0]
        for i in 0..<members { uneven.append(uneven[i] + (i * 7 + 3) % 11) }
        return [
            evenCuts(count: 48, members: members), uneven, evenCuts(count: 2, members: members),
            evenCuts(count: 0, members: members),
        ]
    }

    @Test(arguments: sizes, [false, true])
    func allReduceIsTheTreeSumHoweverRanksAreInterleaved(members: Int, inPlace: Bool) throws {
        for (shape, cuts) in Self.cuts(members).enumerated() {
            for seed in 0..<12 {
                let fabric = try LocalFabric(ranks: 20)
                var random = Seeded(seed)
                let ranks = Array((0..<20).shuffled(using: &random).prefix(members))
                let group = Group(ranks: ranks, cuts: cuts, seed: shape)
                try finish(group.members(.allReduce, tag: 5, inPlace: inPlace), on: fabric, seed: seed)
                for member in 0..<members {
                    #expect(group.output(member, count: cuts[members], inPlace: inPlace) == group.sums)
                }
                #expect(fabric.messagesHeld == 0 && fabric.bytesHeld == 0)
                fabric._checkInvariants()
            }
        }
    }

    @Test(arguments: sizes, [false, true])
    func reduceScatterLeavesEachMemberItsOwnChunk(members: Int, inPlace: Bool) throws {
        for (shape, cuts) in Self.cuts(members).enumerated() {
            for seed in 0..<6 {
                let fabric = try LocalFabric(ranks: members)
                let group = Group(ranks: Array(0..<members), cuts: cuts, seed: shape)
                try finish(group.members(.reduceScatter, tag: 5, inPlace: inPlace), on: fabric, seed: seed)
                for member in 0..<members {
                    let chunk = cuts[member]..<cuts[member + 1]
                    let place = inPlace ? chunk.lowerBound : 0
                    let found = group.output(member, from: place, count: chunk.count, inPlace: inPlace)
                    #expect(found == Array(group.sums[chunk]))
                }
                #expect(fabric.messagesHeld == 0)
            }
        }
    }

    @Test(arguments: sizes, [Collective.Kind.allReduce, .reduceScatter])
    func aMemberThatIsDoneMayOverwriteWhatItGave(members: Int, kind: Collective.Kind) throws {
        for seed in 0..<12 {
            let cuts = evenCuts(count: 48, members: members)
            let group = Group(ranks: Array(0..<members), cuts: cuts, seed: seed)
            let parts = group.members(kind, tag: 5, inPlace: false)
            try finish(parts, on: LocalFabric(ranks: members), seed: seed) { group.overwriteInput(of: $0) }
            for member in 0..<members {
                let count = kind == .allReduce ? cuts[members] : cuts[member + 1] - cuts[member]
                let expected = kind == .allReduce ? group.sums[...] : group.sums[cuts[member]..<cuts[member + 1]]
                #expect(group.output(member, count: count, inPlace: false) == Array(expected))
            }
        }
    }

    @Test(arguments: sizes, [false, true])
    func allGatherMovesBitsAndAddsNothing(members: Int, inPlace: Bool) throws {
        for (shape, cuts) in Self.cuts(members).enumerated() {
            let fabric = try LocalFabric(ranks: members)
            let group = Group(ranks: Array(0..<members), cuts: cuts, seed: shape)
            let parts = group.members(.allGather, tag: 5, inPlace: inPlace) { _, _, _ in Issue.record("it combined") }
            try finish(parts, on: fabric, seed: shape)
            let expected = (0..<members).flatMap { group.inputs[$0][cuts[$0]..<cuts[$0 + 1]].map(\.bitPattern) }
            for member in 0..<members {
                #expect(group.output(member, count: cuts[members], inPlace: inPlace) == expected)
            }
        }
    }

    @Test func contributionsComeInMemberOrderNotRankOrder() throws {
        let fabric = try LocalFabric(ranks: 3)
        let group = Group(ranks: [2, 0, 1], cuts: [0, 1, 2, 3], seed: 1)
        let last: Collective.Combine = { contributions, output, count in
            for i in 0..<count { output[i] = contributions[2]?[i] ?? .nan }
        }
        try finish(group.members(.allReduce, tag: 1, inPlace: true, combine: last), on: fabric, seed: 3)
        #expect(group.output(0, count: 3, inPlace: true) == group.inputs[2].map(\.bitPattern))
    }

    @Test func manyCollectivesMayBeUnderWayAtOnce() throws {
        let fabric = try LocalFabric(ranks: 6)
        let groups = [[0, 1, 2, 3, 4, 5], [5, 3, 1], [0, 2], [4]].enumerated().map { i, ranks in
            Group(ranks: ranks, cuts: evenCuts(count: 31, members: ranks.count), seed: i)
        }
        var all: [Collective] = []
        for (tag, group) in groups.enumerated() { all += group.members(.allReduce, tag: UInt32(tag), inPlace: false) }
        try finish(all, on: fabric, seed: 9)
        for group in groups {
            for member in group.ranks.indices {
                #expect(group.output(member, count: 31, inPlace: false) == group.sums)
            }
        }
    }

    @Test func aGroupOfOneIsDoneAtOnceWithoutMessages() throws {
        let fabric = try LocalFabric(ranks: 1)
        for kind in [Collective.Kind.allReduce, .reduceScatter, .allGather] {
            let group = Group(ranks: [0], cuts: [0, 9], seed: 2)
            #expect(try group.members(kind, tag: 0, inPlace: false)[0].step(fabric))
            #expect(group.output(0, count: 9, inPlace: false) == group.inputs[0].map(\.bitPattern))
        }
        #expect(fabric.bytesHeldMost == 0)
    }

    @Test func membersThatDisagreeOnTheCutsAreTold() throws {
        let fabric = try LocalFabric(ranks: 2)
        let one = Group(ranks: [0, 1], cuts: [0, 4, 8], seed: 1).members(.allReduce, tag: 7, inPlace: true)
        let other = Group(ranks: [0, 1], cuts: [0, 6, 8], seed: 1)
        let wrong = other.members(.allReduce, tag: 7, inPlace: true)
        _ = try wrong[1].step(fabric)
        let error = #expect(throws: Diagnostic.self) { _ = try one[0].step(fabric) }
        #expect(error?.code == "fabric.length")
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.contains("from rank 1 to rank 0 with tag 7"))
        #expect(text.contains("expected 16 bytes, found 24 bytes"))
    }

    @Test func aMissingMemberIsADeadlockAndNotAWrongSum() throws {
        let fabric = try LocalFabric(ranks: 3)
        let parts = Group(ranks: [0, 1, 2], cuts: [0, 1, 2, 3], seed: 1).members(.allReduce, tag: 0, inPlace: true)
        for _ in 0..<4 {
            for part in parts.prefix(2) { #expect(try !part.step(fabric)) }
        }
        let error = #expect(throws: Diagnostic.self) { try fabric.idle() }
        #expect(error?.code == "fabric.deadlock")
    }
}

@Suite struct ByteGatherTests {
    @Test(arguments: [1, 2, 3, 8], [nil, 0, 1] as [Int?])
    func everyReceiverHasAllPayloadsInMemberOrder(members: Int, root: Int?) throws {
        guard (root ?? 0) < members else { return }
        let fabric = try LocalFabric(ranks: members)
        let group = Array((0..<members).reversed())
        let texts = (0..<members).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }
        let parts = group.indices.map { member in
            ByteGather(group: group, member: member, tag: 3, payload: payload(texts[member]), root: root)
        }
        var running = Array(parts.indices)
        while !running.isEmpty { running = try running.filter { try !parts[$0].step(fabric) } }
        for (member, part) in parts.enumerated() {
            let found = part.gathered.map { $0.withBytes { Array($0) } }
            #expect(found == (root == nil || root == member ? texts : []))
        }
        #expect(fabric.messagesHeld == 0)
    }

    private func payload(_ bytes: [UInt8]) -> Payload { bytes.withUnsafeBytes { Payload(copying: $0) } }
}

@Suite struct ReductionTreeTests {
    @Test(arguments: [
        (1, "0"), (2, "(0+1)"), (3, "((0+1)+2)"), (4, "((0+1)+(2+3))"), (5, "((((0+1)+2)+3)+4)"),
        (6, "(((0+1)+(2+3))+(4+5))"), (8, "(((0+1)+(2+3))+((4+5)+(6+7)))"),
        (12, "((((0+1)+(2+3))+((4+5)+(6+7)))+((8+9)+(10+11)))"),
    ])
    func shape(leaves: Int, expected: String) {
        #expect(ReductionTree.fold((0..<leaves).map(String.init)) { "(\($0)+\($1))" } == expected)
    }

    /// What lets a rank with several leaves add its own subtree first: legal degrees give one tree.
    @Test(arguments: [(8, [1, 2, 4, 8]), (12, [1, 3, 6, 12]), (6, [1, 3, 6])])
    func subtreesOfLegalDegreesGiveTheSameTree(leaves: Int, degrees: [Int]) {
        let names = (0..<leaves).map(String.init)
        let whole = ReductionTree.fold(names) { "(\($0)+\($1))" }
        for degree in degrees {
            let width = leaves / degree
            let parts = (0..<degree).map { part in
                ReductionTree.fold(Array(names[part * width..<(part + 1) * width])) { "(\($0)+\($1))" }
            }
            #expect(ReductionTree.fold(parts) { "(\($0)+\($1))" } == whole, "degree \(degree) of \(leaves)")
        }
    }

    @Test func theOrderOfAdditionsShowsInTheBits() {
        let leaves: [Float] = [1, 3e-8, 3e-8, 3e-8]
        #expect(ReductionTree.fold(leaves, +) != leaves.reduce(0, +))
        // The other tests' random vectors tell a tree from a chain too.
        let group = Group(ranks: Array(0..<8), cuts: evenCuts(count: 48, members: 8), seed: 0)
        #expect(group.sums != (0..<48).map { i in group.inputs.reduce(Float(0)) { $0 + $1[i] }.bitPattern })
    }

    @Test(arguments: 1...9, [1, 4, 64])
    func evenCutsCoverAllInOrder(members: Int, quantum: Int) {
        for count in [0, 1, 5, 63, 64, 65, 1000] {
            let cuts = evenCuts(count: count, members: members, quantum: quantum)
            #expect(cuts.count == members + 1 && cuts.first == 0 && cuts.last == count)
            #expect(cuts.dropLast().allSatisfy { $0 % quantum == 0 || $0 == count })
            let sizes = zip(cuts.dropFirst(), cuts).map { $0 - $1 }
            #expect(sizes.allSatisfy { $0 >= 0 })
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) < 2 * quantum)
        }
    }
}
