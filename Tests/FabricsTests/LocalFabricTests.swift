import Diagnostics
import Testing

@testable import Fabrics

@Suite struct LocalFabricTests {
    private func send(_ bytes: [UInt8], _ fabric: LocalFabric, from: Int = 0, to: Int = 1, tag: UInt32 = 0) {
        bytes.withUnsafeBytes { fabric.send($0, from: from, to: to, tag: tag) }
    }

    private func take(_ fabric: LocalFabric, from: Int = 0, to: Int = 1, tag: UInt32 = 0) throws -> [UInt8]? {
        try fabric.take(from: from, to: to, tag: tag)?.withBytes { Array($0) }
    }

    @Test func messagesOfOneAddressComeInOrderAndOthersDoNotMix() throws {
        let fabric = try LocalFabric(ranks: 3)
        for value in 0..<5 as Range<UInt8> {
            send([value], fabric)
            send([value + 10], fabric, tag: 1)
            send([value + 20], fabric, to: 2)
            send([value + 30], fabric, from: 1, to: 1)
        }
        #expect(fabric.messagesHeld == 20 && fabric.bytesHeld == 20)
        for value in 0..<5 as Range<UInt8> {
            #expect(try take(fabric, from: 1, to: 1) == [value + 30])
            #expect(try take(fabric, to: 2) == [value + 20])
            #expect(try take(fabric) == [value])
            #expect(try take(fabric, tag: 1) == [value + 10])
        }
        #expect(try take(fabric) == nil)
        #expect(fabric.messagesHeld == 0 && fabric.bytesHeld == 0 && fabric.bytesHeldMost == 20)
        fabric._checkInvariants()
    }

    @Test func theSenderMayReuseItsMemoryAtOnce() throws {
        let fabric = try LocalFabric(ranks: 2)
        var bytes: [UInt8] = [1, 2, 3]
        send(bytes, fabric)
        bytes[0] = 9
        #expect(try take(fabric) == [1, 2, 3])
    }

    @Test func receiveFillsMemoryOrSaysNotYet() throws {
        let fabric = try LocalFabric(ranks: 2)
        var memory: [UInt8] = [0, 0]
        #expect(try !memory.withUnsafeMutableBytes { try fabric.receive(into: $0, from: 0, to: 1, tag: 4) })
        send([7, 8], fabric, tag: 4)
        #expect(try memory.withUnsafeMutableBytes { try fabric.receive(into: $0, from: 0, to: 1, tag: 4) })
        #expect(memory == [7, 8])
    }

    @Test func aMessageOfAnotherLengthIsRefusedByName() throws {
        let fabric = try LocalFabric(ranks: 2)
        send([1, 2, 3], fabric, tag: 6)
        var memory: [UInt8] = [0, 0]
        let error = #expect(throws: Diagnostic.self) {
            try memory.withUnsafeMutableBytes { _ = try fabric.receive(into: $0, from: 0, to: 1, tag: 6) }
        }
        #expect(error?.code == "fabric.length" && error?.kind == .failure)
        #expect(error?.message == "the message from rank 0 to rank 1 with tag 6 has the wrong length")
        #expect(error?.expected == "2 bytes" && error?.found == "3 bytes")
    }

    @Test func aSharedPayloadIsCountedOnce() throws {
        let fabric = try LocalFabric(ranks: 4)
        let payload = [UInt8](repeating: 5, count: 100).withUnsafeBytes { Payload(copying: $0) }
        for rank in 1...3 { fabric.send(payload, from: 0, to: rank, tag: 0) }
        #expect(fabric.bytesHeld == 100 && fabric.messagesHeld == 3)
        _ = try take(fabric, to: 1)
        #expect(fabric.bytesHeld == 100)
        _ = try take(fabric, to: 2)
        _ = try take(fabric, to: 3)
        #expect(fabric.bytesHeld == 0)
    }

    @Test func idleIsADeadlockThatNamesUnreadMessages() throws {
        let fabric = try LocalFabric(ranks: 4)
        let empty = #expect(throws: Diagnostic.self) { try fabric.idle() }
        #expect(empty?.found == "no message on its way" && empty?.exitStatus == 1)
        send([1], fabric, from: 3, to: 2, tag: 8)
        send([1], fabric, from: 2, to: 1, tag: 9)
        let unread = #expect(throws: Diagnostic.self) { try fabric.idle() }
        #expect(unread?.found == "2 unread (2 → 1 tag 9, 3 → 2 tag 8)")
    }

    @Test func hostCollectivesOfOneHostReturnItsOwn() throws {
        let fabric = try LocalFabric(ranks: 2)
        #expect(try fabric.broadcast([1, 2]) == [1, 2])
        #expect(try fabric.gatherFromHosts([3]) == [[3]])
        #expect(try fabric.allAgree(17))
        try fabric.barrier()
    }

    @Test func queueEqualsAnArray() {
        var random = Seeded(4)
        var queue = Queue<Int>()
        var model: [Int] = []
        for value in 0..<4000 {
            // Long runs of either kind, so that the queue grows and drains.
            if (value / 300 % 2 == 0) == (Int.random(in: 0..<4, using: &random) > 0) {
                queue.append(value)
                model.append(value)
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count && queue.first == model.first && queue.isEmpty == model.isEmpty)
        }
    }
}

@Suite struct PlacementTests {
    @Test(arguments: [(8, 1, [8]), (8, 2, [4, 4]), (8, 3, [3, 3, 2]), (5, 4, [2, 1, 1, 1]), (3, 3, [1, 1, 1])])
    func evenSpread(ranks: Int, hosts: Int, counts: [Int]) throws {
        #expect(try Placement(ranks: ranks, hosts: hosts).counts == counts)
    }

    @Test(arguments: [[4], [3, 1], [1, 3], [1, 5, 2, 9]])
    func everyRankIsOnTheHostWhoseBlockHoldsIt(counts: [Int]) throws {
        let ranks = counts.reduce(0, +)
        let placement = try Placement(ranks: ranks, hosts: counts.count, counts: counts)
        #expect(placement.ranks == ranks && placement.hosts == counts.count)
        var next = 0
        for host in counts.indices {
            #expect(placement.ranks(on: host) == next..<next + counts[host])
            for rank in placement.ranks(on: host) { #expect(placement.host(of: rank) == host) }
            next += counts[host]
        }
    }

    @Test(arguments: [[4], [2, 1], [5, -1], [4, 0], [2, 1, 1], [Int.max, 6], []])
    func countsThatDoNotFitAreRefused(counts: [Int]) {
        let error = #expect(throws: Diagnostic.self) { try Placement(ranks: 4, hosts: 2, counts: counts) }
        #expect(error?.code == "fabric.rank-counts")
        #expect(error?.expected == "2 counts of at least 1 that add up to 4")
    }

    @Test func moreProcessesThanRanksAreRefused() {
        let error = #expect(throws: Diagnostic.self) { try Placement(ranks: 2, hosts: 4) }
        #expect(error?.exitStatus == 2)
        #expect(error?.message == "4 processes were started for a layout of 2 ranks")
    }
}
