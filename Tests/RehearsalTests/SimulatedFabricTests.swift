import Diagnostics
import Fabrics
import Scenarios
import Testing

@testable import Rehearsal

/// Whatever the network does, a receiver gets each message once, whole and in order, or the job ends with a reason.
@Suite struct SimulatedFabricTests {
    private func network(_ kind: FaultKind, message: Int = 1, times: Int = 1) throws -> (
        SimulatedFabric, SimulatedCluster
    ) {
        var event = FaultEvent(kind, at: .step(1))
        event.message = message
        event.times = times
        event.bit = 12
        event.delay = 3
        event.node = 0
        let cluster = SimulatedCluster(
            Scenario(name: "test", events: [event]), seed: 0,
            links: .init(retrySeconds: 0.25, ranksPerNode: 1))
        cluster.begin(step: 1, seconds: 1)
        return (try SimulatedFabric(ranks: 2, on: cluster, patience: 10), cluster)
    }

    private func exchange(_ fabric: SimulatedFabric, count: Int = 5) throws -> [[UInt8]] {
        for number in 0..<count {
            [UInt8](repeating: UInt8(number), count: 8).withUnsafeBytes { fabric.send($0, from: 0, to: 1, tag: 9) }
        }
        var received: [[UInt8]] = []
        while received.count < count {
            if let payload = try fabric.take(from: 0, to: 1, tag: 9) {
                received.append(payload.withBytes { Array($0) })
            } else {
                try fabric.idle()
            }
        }
        return received
    }

    @Test(
        arguments: [FaultKind.messageLost, .messageDuplicated, .messageDelayed, .messageFlip, .flappingLink], [1, 3])
    func arrivesOnceWholeAndInOrder(kind: FaultKind, times: Int) throws {
        let (fabric, cluster) = try network(kind, times: times)
        #expect(try exchange(fabric) == (0..<5).map { [UInt8](repeating: UInt8($0), count: 8) })
        #expect(try fabric.take(from: 0, to: 1, tag: 9) == nil)
        #expect(fabric.messagesHeld == 0 && fabric.bytesHeld == 0)
        #expect(cluster.incidents.count >= 1)
        if kind != .messageDuplicated { #expect(cluster.now > 0, "repairing takes time") }
    }

    @Test func aLinkThatStaysDownEndsTheJob() throws {
        for kind in [FaultKind.messageLost, .flappingLink] {
            let (fabric, _) = try network(kind, times: 20)
            let diagnostic = try #require(throws: Diagnostic.self) { _ = try exchange(fabric) }
            #expect(diagnostic.message.contains("is down: 7 retries in vain"))
        }
    }

    @Test func silenceNamesWhoWaitsForWhom() throws {
        let (fabric, cluster) = try network(.messageLost, message: 99)
        #expect(try fabric.take(from: 0, to: 1, tag: 9) == nil)
        let diagnostic = try #require(throws: Diagnostic.self) { try fabric.idle() }
        #expect(diagnostic.message.contains("rank 1 waits for rank 0"))
        #expect(cluster.now == 10)
    }
}
