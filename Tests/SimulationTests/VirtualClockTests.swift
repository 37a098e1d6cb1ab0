import Diagnostics
import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("The virtual clock") struct VirtualClockTests {
    static func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
        abs(a - b) <= tolerance * max(abs(a), abs(b))
    }

    static func clock(_ layout: Layout, inside: Double = 20, microseconds: Double = 0) throws -> VirtualClock {
        let profile = try RoundCluster.profile(
            nodes: 1, perNode: 16, insideGigabytes: inside, insideMicroseconds: microseconds)
        return try VirtualClock(profile, layout: layout, precision: .float32)
    }

    @Test(
        "Equal stages with free communication: a step of (m + p − 1) forwards and backwards, a bubble of (p − 1)/m",
        arguments: [1, 2, 4, 8], [1, 2, 8, 12])
    func bubble(stages: Int, microbatches: Int) throws {
        for schedule in [Layout.Schedule.gpipe, .oneForwardOneBackward] {
            let layout = Layout(pipeline: stages, schedule: schedule)
            let step = try Self.clock(layout, inside: 1e12)
                .step(ofAll: HandMade.pipeline(layout, microbatches: microbatches))
            #expect(Self.near(step.seconds, Double(microbatches + stages - 1) * 6e-3), "\(schedule)")
            #expect(abs(step.bubbleOverhead - Double(stages - 1) / Double(microbatches)) < 1e-9, "\(schedule)")
            let share = Double(stages - 1) / Double(microbatches + stages - 1)
            #expect(abs(step.bubbleFraction - share) < 1e-9 && step.bubbleFraction < 1, "\(schedule)")
        }
    }

    @Test(
        "Interleaving divides the bubble by the chunks: (p − 1)/(v·m) with free communication", arguments: [2, 4],
        [2, 3, 4])
    func interleavedBubble(stages: Int, chunks: Int) throws {
        for groups in [1, 2, 5] {
            let layout = Layout(pipeline: stages, interleave: chunks, schedule: .interleaved)
            let microbatches = groups * stages
            let step = try Self.clock(layout, inside: 1e12)
                .step(ofAll: HandMade.pipeline(layout, microbatches: microbatches, rows: 6000))
            let bubble = Double(stages - 1) / Double(chunks * microbatches)
            #expect(abs(step.bubbleOverhead - bubble) < 1e-9, "\(microbatches) micro-batches")
            #expect(Self.near(step.seconds, Double(microbatches) * 36e-3 * (1 + bubble)), "\(microbatches)")
        }
    }

    @Test("A message arrives after the sender's time, the link's time and the latency; its receiver waits")
    func message() throws {
        let layout = Layout(pipeline: 2)
        // 1,000 rows: 2 ms. 250,000 float32 at 10 GB/s achieved: 0.1 ms. Latency 0.05 ms.
        let programs = [
            HandMade.program(
                layout, rank: 0,
                [
                    HandMade.product(1000),
                    Instruction(.send(HandMade.activation(.nextStage)), reads: [HandMade.data(250_000)]),
                    HandMade.product(500),
                ]),
            HandMade.program(
                layout, rank: 1,
                [
                    HandMade.product(500),
                    Instruction(.receive(HandMade.activation(.previousStage)), writes: [HandMade.data(250_000)]),
                    HandMade.product(1000),
                ]),
        ]
        let step = try Self.clock(layout, microseconds: 50).step(ofAll: programs)
        #expect(Self.near(step.seconds, 2e-3 + 0.1e-3 + 0.05e-3 + 2e-3))
        let (sender, receiver) = (step.ranks[0].share, step.ranks[1].share)
        #expect(Self.near(sender.busySeconds, 3e-3))
        #expect(sender.exposedCommunicationSeconds == 0, "the sender goes on at once")
        #expect(Self.near(receiver.bubbleSeconds, 1e-3))
        #expect(Self.near(receiver.exposedCommunicationSeconds, 0.15e-3))
    }

    @Test("A message leaves after the one before it on the same link")
    func oneLink() throws {
        let layout = Layout(pipeline: 2)
        let send = Instruction(.send(HandMade.activation(.nextStage)), reads: [HandMade.data(250_000)])
        let receive = Instruction(.receive(HandMade.activation(.previousStage)), writes: [HandMade.data(250_000)])
        let programs = [
            HandMade.program(layout, rank: 0, [send, send, send]),
            HandMade.program(layout, rank: 1, [receive, receive, receive]),
        ]
        #expect(Self.near(try Self.clock(layout).step(ofAll: programs).seconds, 0.3e-3))
    }

    @Test("A collective starts when its last member arrives")
    func collective() throws {
        let layout = Layout(data: 2)
        let exchange = Instruction(
            .collective(
                CollectiveOperation(.allReduceSum, .data, count: 500_000, cuts: [0, 250_000, 500_000])))
        let programs = [1000, 1500].enumerated().map { rank, rows in
            HandMade.program(layout, rank: rank, [HandMade.product(rows), exchange])
        }
        let step = try Self.clock(layout).step(ofAll: programs)
        #expect(Self.near(step.seconds, 3e-3 + 0.2e-3))
        #expect(Self.near(step.ranks[0].share.bubbleSeconds, 1e-3))
        #expect(step.ranks[1].share.bubbleSeconds == 0)
        #expect(Self.near(step.ranks[0].share.exposedCommunicationSeconds, 0.2e-3))
    }

    @Test("A collective takes as long as it takes its slowest member")
    func unequalMembers() throws {
        // Two ranks share a slow bus, the third sits alone on a node with a fast network.
        let layout = Layout(data: 3)
        let profile = try RoundCluster.profile(perNode: 2, insideGigabytes: 0.2)
        let gather = CollectiveOperation(
            .allGather, .data, count: 3_000_000, cuts: [0, 1_000_000, 2_000_000, 3_000_000])
        let programs = (0..<3).map { HandMade.program(layout, rank: $0, [Instruction(.collective(gather))]) }
        let step = try VirtualClock(profile, layout: layout, precision: .float32).step(ofAll: programs)
        #expect(Self.near(step.seconds, 4e6 / 0.1e9))
        #expect(step.ranks.allSatisfy { Self.near($0.share.exposedCommunicationSeconds, 4e6 / 0.1e9) })
    }

    @Test("Programs that wait for each other are an error, not a hang") func stuck() throws {
        let layout = Layout(pipeline: 2)
        let programs = [
            HandMade.program(
                layout, rank: 0, [Instruction(.receive(HandMade.gradient(.nextStage)), writes: [HandMade.data(1)])]),
            HandMade.program(
                layout, rank: 1,
                [Instruction(.receive(HandMade.activation(.previousStage)), writes: [HandMade.data(1)])]),
        ]
        let error = #expect(throws: Diagnostic.self) { try Self.clock(layout).step(ofAll: programs) }
        #expect(error?.code == "clock.stuck")
        #expect(error?.message.contains("stage 0") == true)
    }

    @Test("Shares add up to the step, spans follow each other, and a second run is the same")
    func wholeStep() throws {
        let recipe = Small.recipe(Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2))
        let clock = try VirtualClock(RoundCluster.profile(), layout: recipe.layout, precision: .float32)
        let programs = try Lowering.programs(recipe)
        let step = try clock.step(ofAll: programs, recordingSpans: true)
        #expect(step.ranks.map(\.rank) == Array(0..<8))
        for (rank, program) in zip(step.ranks, programs) {
            let share = rank.share
            #expect(
                Self.near(
                    share.busySeconds + share.exposedCommunicationSeconds + share.bubbleSeconds, step.seconds))
            #expect(rank.spans.map(\.action) == Array(program.actions.indices))
            #expect(zip(rank.spans, rank.spans.dropFirst()).allSatisfy { $0.end == $1.start })
            #expect(rank.spans.first?.start == 0)
            #expect(rank.spans.allSatisfy { $0.start <= $0.end && $0.end <= step.seconds })
            #expect(rank.passes.map(\.name) == program.passes.map(\.name))
            for (timing, pass) in zip(rank.passes, program.passes) {
                #expect(timing.instructionSeconds.count == pass.instructions.count)
            }
        }
        #expect(try clock.step(ofAll: programs, recordingSpans: true) == step)
        #expect(try clock.step(ofAll: programs).ranks.allSatisfy { $0.spans.isEmpty })
    }

    @Test(
        "The first micro-batches of a schedule take what a smaller batch takes",
        arguments: [
            Layout(pipeline: 4, data: 2, microBatch: 1, schedule: .gpipe), Layout(pipeline: 4, data: 2, microBatch: 1),
            Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved),
        ])
    func partialBatch(layout: Layout) throws {
        let profile = try RoundCluster.profile()
        let clock = try VirtualClock(profile, layout: layout, precision: .float32)
        let whole = Small.recipe(layout, global: 64)
        let classes = try RankClasses(whole, on: profile)
        let timed = clock.prepare(try classes.programs(of: whole), classes)
        for global in [8, 16, 32, 64] {
            // Not exactly: the buffer of the samples' losses grows with the batch, and a lane of one sample needs no
            // accumulator, which saves memory traffic.
            let smaller = Small.recipe(layout, global: global)
            let expected = try clock.step(classes.programs(of: smaller), classes).seconds
            let played = try timed.step(microbatches: global / 2).seconds
            #expect(Self.near(played, expected, global == 8 ? 0.05 : 1e-4), "\(global)")
        }
    }
}
