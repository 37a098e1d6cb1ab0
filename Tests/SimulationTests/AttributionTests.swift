import Diagnostics
import Recipes
import Testing

@testable import Programs
@testable import Simulation

@Suite("What a step's time is due to") struct AttributionTests {
    static func near(_ a: Double, _ b: Double) -> Bool { VirtualClockTests.near(a, b) }

    static func attribution(_ programs: [Program], _ clock: VirtualClock) throws -> Attribution {
        Attribution(try clock.prepare(programs, RankClasses(everyRankOf: clock.layout)).record())
    }

    @Test("Categories add up to the step, and to the three ways to spend time", arguments: [3, 4])
    func sums(perNode: Int) throws {
        for layout in StepRecordingTests.layouts {
            let clock = try StepRecordingTests.clock(layout, perNode: perNode)
            let recording = try clock.prepare(
                Lowering.programs(Small.recipe(layout)), RankClasses(everyRankOf: layout)
            ).record()
            let attribution = Attribution(recording)
            #expect(attribution.seconds == recording.timing.seconds)
            for breakdown in [attribution.mean, attribution.criticalPath] + attribution.stages {
                #expect(Self.near(breakdown.total, attribution.seconds), "\(layout)")
                #expect(TimeCategory.allCases.allSatisfy { breakdown[$0] >= 0 }, "\(layout)")
            }
            #expect(attribution.criticalPath.seconds(of: .bubble) == 0, "\(layout)")
            for (stage, breakdown) in zip(recording.timing.stages, attribution.stages) {
                let share = stage.share
                for (kind, seconds) in [
                    (TimeCategory.Kind.busy, share.busySeconds),
                    (.exposedCommunication, share.exposedCommunicationSeconds), (.bubble, share.bubbleSeconds),
                ] {
                    #expect(abs(breakdown.seconds(of: kind) - seconds) < 1e-9 * attribution.seconds, "\(layout)")
                }
            }
        }
    }

    @Test("Folded ranks have the attribution of unfolded ones") func folded() throws {
        for layout in StepRecordingTests.layouts {
            let recipe = Small.recipe(layout)
            let profile = try RoundCluster.profile(
                nodes: 200, perNode: 4, launchMicroseconds: 1, insideMicroseconds: 2, networkMicroseconds: 9)
            let clock = try VirtualClock(profile, layout: layout, precision: .float32)
            let classes = try RankClasses(recipe, on: profile)
            let folded = Attribution(try clock.prepare(classes.programs(of: recipe), classes).record())
            let unfolded = try Self.attribution(Lowering.programs(recipe), clock)
            for category in TimeCategory.allCases {
                #expect(abs(folded.mean[category] - unfolded.mean[category]) < 1e-9 * unfolded.seconds, "\(layout)")
            }
        }
    }

    @Test("One rank only computes; launches are told apart") func oneRank() throws {
        let layout = Layout()
        let profile = try RoundCluster.profile(launchMicroseconds: 3)
        let clock = try VirtualClock(profile, layout: layout, precision: .float32)
        let programs = [HandMade.program(layout, rank: 0, [HandMade.product(1000), HandMade.product(500)])]
        let attribution = try Self.attribution(programs, clock)
        for breakdown in [attribution.mean, attribution.criticalPath] {
            #expect(Self.near(breakdown[.matrixProducts], 3e-3))
            #expect(Self.near(breakdown[.launches], 6e-6))
            #expect(Self.near(breakdown.seconds(of: .busy), attribution.seconds))
        }
    }

    @Test(
        "Equal stages with free communication: (p − 1)/(m + p − 1) of the accelerators' time is bubble, none of the path",
        arguments: [1, 2, 4, 8], [1, 4, 12])
    func bubble(stages: Int, microbatches: Int) throws {
        for schedule in [Layout.Schedule.gpipe, .oneForwardOneBackward] {
            let layout = Layout(pipeline: stages, schedule: schedule)
            let clock = try VirtualClockTests.clock(layout, inside: 1e12)
            let attribution = try Self.attribution(HandMade.pipeline(layout, microbatches: microbatches), clock)
            let bubble = Double(stages - 1) / Double(microbatches + stages - 1)
            #expect(abs(attribution.mean.seconds(of: .bubble) / attribution.seconds - bubble) < 1e-9)
            for stage in attribution.stages {
                #expect(abs(stage.seconds(of: .bubble) / attribution.seconds - bubble) < 1e-9)
            }
            #expect(abs(attribution.criticalPath[.matrixProducts] - attribution.seconds) < 1e-9 * attribution.seconds)
        }
    }

    @Test("Warm-up comes before the first backward, drain after the last forward") func phases() throws {
        let layout = Layout(pipeline: 4, microBatch: 1, schedule: .gpipe)
        let attribution = try Self.attribution(
            Lowering.programs(Small.recipe(layout)), VirtualClockTests.clock(layout, inside: 1e12))
        // In GPipe every wait for a message is one or the other, and every stage has both but the ends.
        for stage in attribution.stages {
            #expect(stage[.steadyBubble] < 1e-12)
            #expect(stage[.warmupBubble] > 0)
        }
        #expect(attribution.stages[0][.warmupBubble] > 0)
        #expect(attribution.stages[3][.drainBubble] > 0)
    }

    @Test("The path follows a message to its sender, and counts it from its departure") func message() throws {
        let layout = Layout(pipeline: 2)
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
        let attribution = try Self.attribution(programs, VirtualClockTests.clock(layout, microseconds: 50))
        #expect(Self.near(attribution.criticalPath[.matrixProducts], 4e-3))
        #expect(Self.near(attribution.criticalPath[.pipelineTransfer], 0.15e-3))
        #expect(attribution.criticalHops == 1)
        #expect(Self.near(attribution.stages[1][.pipelineTransfer], 0.15e-3))
    }

    private static func exchange(_ stream: Programs.Stream) -> Instruction {
        let data = HandMade.data(500_000)
        return Instruction(
            .collective(CollectiveOperation(.allReduceSum, .data, count: 500_000, cuts: [0, 250_000, 500_000])),
            reads: [data], writes: [data], on: stream)
    }

    @Test("Waiting for a slower replica is no bubble, and the path goes to that replica") func slowReplica() throws {
        let layout = Layout(data: 2)
        let programs = [1000, 1500].enumerated().map { rank, rows in
            HandMade.program(layout, rank: rank, [HandMade.product(rows), Self.exchange(.compute)])
        }
        let attribution = try Self.attribution(programs, VirtualClockTests.clock(layout))
        #expect(Self.near(attribution.mean[.imbalance], 0.5e-3))
        #expect(Self.near(attribution.mean[.dataExchange], 0.2e-3))
        #expect(Self.near(attribution.criticalPath[.matrixProducts], 3e-3))
        #expect(Self.near(attribution.criticalPath[.dataExchange], 0.2e-3))
    }

    @Test("What travels beside work counts as far as it shows in shares, and wholly on the path") func beside() throws {
        let layout = Layout(data: 2)
        let program = [Self.exchange(.communication), Self.exchange(.communication), HandMade.product(150)]
        let attribution = try Self.attribution(
            [0, 1].map { HandMade.program(layout, rank: $0, program) }, VirtualClockTests.clock(layout))
        #expect(Self.near(attribution.seconds, 0.4e-3))
        #expect(Self.near(attribution.mean[.matrixProducts], 0.3e-3))
        #expect(Self.near(attribution.mean[.dataExchange], 0.1e-3))
        #expect(Self.near(attribution.criticalPath[.dataExchange], 0.4e-3))
    }
}
