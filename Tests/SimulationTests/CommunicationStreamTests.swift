import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("The communication stream") struct CommunicationStreamTests {
    private static let layout = Layout(data: 2)
    /// What travels, 0.2 ms on the round cluster: 500,000 float32 twice over 10 GB/s, halves to each member.
    private static let travels = 0.2e-3

    private static func exchange(_ stream: Stream) -> Instruction {
        let data = HandMade.data(500_000)
        return Instruction(
            .collective(CollectiveOperation(.allReduceSum, .data, count: 500_000, cuts: [0, 250_000, 500_000])),
            reads: [data], writes: [data], on: stream)
    }

    /// Work of 2 µs per row that reads what travels.
    private static func using(_ rows: Int) -> Instruction {
        var instruction = HandMade.product(rows)
        instruction.reads = [HandMade.data(500_000)]
        return instruction
    }

    private static func step(_ instructions: [Instruction]...) throws -> StepTiming {
        let programs = instructions.enumerated().map { HandMade.program(layout, rank: $0, $1) }
        return try VirtualClockTests.clock(layout).step(ofAll: programs)
    }

    private static func both(_ instructions: [Instruction]) throws -> StepTiming {
        try step(instructions, instructions)
    }

    @Test("A collective beside work takes the longer of the two; one that is longer is exposed for the rest")
    func beside() throws {
        let long = try Self.both([Self.exchange(.communication), HandMade.product(1000)])
        #expect(VirtualClockTests.near(long.seconds, 2e-3))
        #expect(long.ranks.allSatisfy { $0.share.exposedCommunicationSeconds == 0 })
        let short = try Self.both([Self.exchange(.communication), HandMade.product(50)])
        #expect(VirtualClockTests.near(short.seconds, Self.travels))
        #expect(short.ranks.allSatisfy { VirtualClockTests.near($0.share.exposedCommunicationSeconds, 0.1e-3) })
        let apart = try Self.both([Self.exchange(.compute), HandMade.product(1000)])
        #expect(VirtualClockTests.near(apart.seconds, 2e-3 + Self.travels))
    }

    @Test("Work that reads what travels waits for it, and only that work")
    func dependent() throws {
        let step = try Self.both([Self.exchange(.communication), HandMade.product(50), Self.using(1000)])
        #expect(VirtualClockTests.near(step.seconds, Self.travels + 2e-3))
    }

    @Test("Collectives of the stream follow each other")
    func order() throws {
        let step = try Self.both([
            Self.exchange(.communication), Self.exchange(.communication), HandMade.product(50), Self.using(50),
        ])
        #expect(VirtualClockTests.near(step.seconds, 2 * Self.travels + 0.1e-3))
    }

    @Test("A collective on the stream starts when its last member comes; the first goes on meanwhile")
    func late() throws {
        let step = try Self.step(
            [Self.exchange(.communication), HandMade.product(400), Self.using(100)],
            [HandMade.product(500), Self.exchange(.communication), Self.using(100)])
        // The second comes at 1 ms; both have the sum at 1.2 ms and work 0.2 ms more.
        #expect(VirtualClockTests.near(step.seconds, 1e-3 + Self.travels + 0.2e-3))
        #expect(VirtualClockTests.near(step.ranks[0].share.exposedCommunicationSeconds, 0.4e-3))
        #expect(VirtualClockTests.near(step.ranks[1].share.exposedCommunicationSeconds, Self.travels))
    }

    @Test("A pass ends when what it sent off has arrived")
    func end() throws {
        let step = try Self.both([HandMade.product(500), Self.exchange(.communication)])
        #expect(VirtualClockTests.near(step.seconds, 1e-3 + Self.travels))
    }

    @Test(
        "No step gets longer by the stream, and those that shard or split get shorter",
        arguments: [
            Layout(tensor: 4, microBatch: 2), Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2, zero: 2),
            Layout(data: 4, microBatch: 2, zero: 3), Layout(tensor: 4, microBatch: 2, sequenceParallel: true),
            Layout(
                tensor: 2, pipeline: 2, interleave: 2, data: 4, microBatch: 1, schedule: .interleaved, zero: 3,
                sequenceParallel: true),
        ])
    func lowered(layout: Layout) throws {
        let recipe = Small.recipe(layout)
        let clock = try VirtualClock(
            RoundCluster.profile(nodes: 1, perNode: 16, insideGigabytes: 1, insideMicroseconds: 2), layout: layout,
            precision: .float32)
        let programs = try Lowering.programs(recipe)
        var oneStream = programs
        for rank in oneStream.indices {
            for pass in oneStream[rank].passes.indices {
                oneStream[rank].passes[pass].instructions = oneStream[rank].passes[pass].instructions.map {
                    Instruction($0.operation, reads: $0.reads, writes: $0.writes)
                }
            }
        }
        let (two, one) = (try clock.step(ofAll: programs), try clock.step(ofAll: oneStream))
        #expect(two.seconds < one.seconds)
        for (a, b) in zip(two.ranks, one.ranks) {
            #expect(VirtualClockTests.near(a.share.busySeconds, b.share.busySeconds))
            let share = a.share
            #expect(
                VirtualClockTests.near(
                    share.busySeconds + share.exposedCommunicationSeconds + share.bubbleSeconds, two.seconds))
        }
    }
}
