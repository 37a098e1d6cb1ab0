import ClusterProfiles
import Diagnostics
import Recipes

@testable import Programs
@testable import Simulation

/// A cluster of round figures: 1 TFLOP/s achieved, 100 GB/s of memory, no launch cost, links as the test wants them.
enum RoundCluster {
    static func profile(
        nodes: Int = 4, perNode: Int = 4, teraflops: Double = 2, launchMicroseconds: Double = 0,
        insideGigabytes: Double = 20, insideMicroseconds: Double = 0, networkGigabytes: Double = 4,
        networkMicroseconds: Double = 0
    ) throws -> ClusterProfile {
        func figure(_ value: some Numeric) -> String { "{value: \(value), source: \"test\"}" }
        return try ClusterProfile.parse(
            """
            name: round
            description: round figures
            site:
              power_usage_effectiveness: \(figure(1))
              carbon_intensity_grams_per_kilowatt_hour: \(figure(100))
              embodied_kilograms_per_server: \(figure(1000))
              embodied_kilograms_per_accelerator: \(figure(100))
              lifetime_years: \(figure(5))
              utilisation: \(figure(1))
            nodes:
              count: \(figure(nodes))
              accelerators_per_node: \(figure(perNode))
              cores_per_node: \(figure(16))
              memory_gib: \(figure(64))
              idle_watts: \(figure(200))
              other_watts: \(figure(300))
            accelerator:
              name: round accelerator
              memory_gib: \(figure(1))
              peak_teraflops_per_second:
                float32: \(figure(teraflops))
                bfloat16: \(figure(4 * teraflops))
              matmul_fraction: \(figure(0.5))
              memory_bandwidth_gigabytes_per_second: \(figure(200))
              memory_fraction: \(figure(0.5))
              kernel_launch_microseconds: \(figure(launchMicroseconds))
              tdp_watts: \(figure(100))
              framework_context_gib: \(figure(0.25))
            intra_node:
              kind: bus
              bandwidth_gigabytes_per_second: \(figure(insideGigabytes))
              latency_microseconds: \(figure(insideMicroseconds))
              achieved_fraction: \(figure(0.5))
            inter_node:
              kind: network
              topology: fat-tree
              links_per_node: \(figure(2))
              bandwidth_gigabytes_per_second: \(figure(networkGigabytes))
              latency_microseconds: \(figure(networkMicroseconds))
              achieved_fraction: \(figure(0.5))
            storage:
              write_gigabytes_per_second: \(figure(1))
              read_gigabytes_per_second: \(figure(1))
              latency_milliseconds: \(figure(1))
            """)
    }

    static func costs(
        _ profile: ClusterProfile, _ precision: Recipe.Precision = .float32
    ) throws -> MachineCosts {
        try MachineCosts(profile, precision: precision)
    }
}

/// A recipe small enough to be lowered for any layout.
enum Small {
    static func recipe(
        _ layout: Layout, layers: Int = 4, hidden: Int = 64, sequence: Int = 32, global: Int = 16
    ) -> Recipe {
        Recipe(
            name: "small", lanes: 8,
            model: Recipe.Model(
                layers: layers, hidden: hidden, heads: 4, sequenceLength: sequence, vocabulary: 257,
                paddedVocabulary: 264),
            batch: Recipe.Batch(global: global),
            optimizer: Recipe.Optimizer(
                learningRatePeak: 1e-2, learningRateMinimum: 1e-3, warmupSamples: 32, decaySamples: 320,
                trainSamples: 160),
            layout: layout)
    }

    static func seconds(_ recipe: Recipe, on profile: ClusterProfile) throws -> Double {
        try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
            .step(ofAll: Lowering.programs(recipe)).seconds
    }
}

/// Programs written by hand: forward and backward are one matrix product each.
enum HandMade {
    /// A pipeline of equal stages; a forward through all chunks of a stage takes 2 µs for each of `rows`, a backward twice
    /// as much.
    static func pipeline(
        _ layout: Layout, microbatches: Int, rows: Int = 1000, elements: Int = 1
    ) -> [Program] {
        let recipe = Small.recipe(layout)
        return (0..<layout.ranks).map { rank in
            let coordinate = Coordinate(rank: rank, in: layout)
            let stage = coordinate.pipeline
            let data = Operand(BufferID(0), count: elements)
            // Every chunk does the same, so that one set of passes serves all of them.
            let passes = [
                Pass("forward", [product(rows / layout.interleave)]),
                Pass("backward", [product(2 * rows / layout.interleave)]),
                Pass("receive activation", [Instruction(.receive(activation(.previousStage)), writes: [data])]),
                Pass("send activation", [Instruction(.send(activation(.nextStage)), reads: [data])]),
                Pass("receive gradient", [Instruction(.receive(gradient(.nextStage)), writes: [data])]),
                Pass("send gradient", [Instruction(.send(gradient(.previousStage)), reads: [data])]),
                Pass("nothing", []),
            ]
            let schedule = Schedule.actions(
                layout.schedule, stage: stage, stages: layout.pipeline, microbatches: microbatches,
                chunks: layout.interleave)
            return Program(
                coordinate: coordinate, buffers: [.init("data", .workspace, .float32, count: elements, .run)],
                passes: passes, actions: schedule.map { action($0) },
                shard: ShardLayout(parameters: [], recipe: recipe, coordinate: coordinate))
        }
    }

    /// One rank that works and then does something else.
    static func program(_ layout: Layout, rank: Int, _ instructions: [Instruction]) -> Program {
        let coordinate = Coordinate(rank: rank, in: layout)
        return Program(
            coordinate: coordinate, buffers: [.init("data", .workspace, .float32, count: 1 << 20, .run)],
            passes: [Pass("all", instructions)], actions: [Action(pass: 0, microbatch: 0)],
            shard: ShardLayout(parameters: [], recipe: Small.recipe(layout), coordinate: coordinate))
    }

    /// `rows` × 1,000 × 1,000: on the round cluster 2 µs per row from 21 rows on, bound by memory below.
    static func product(_ rows: Int) -> Instruction {
        Instruction(
            .product(MatrixProduct(m: rows, n: 1000, k: 1000, transposesB: true, segments: 1, addsBias: false)))
    }

    static func data(_ elements: Int) -> Operand { Operand(BufferID(0), count: elements) }

    static func activation(_ peer: Peer) -> Transfer { Transfer(.activation, peer, boundary: 1) }
    static func gradient(_ peer: Peer) -> Transfer { Transfer(.gradient, peer, boundary: 1) }

    private static func action(_ step: ScheduleAction) -> Action {
        switch step {
        case .forward(let m, _): Action(pass: 0, microbatch: m)
        case .backward(let m, _): Action(pass: 1, microbatch: m)
        case .receiveActivation(let m, _): Action(pass: 2, microbatch: m)
        case .sendActivation(let m, _): Action(pass: 3, microbatch: m)
        case .receiveGradient(let m, _): Action(pass: 4, microbatch: m)
        case .sendGradient(let m, _): Action(pass: 5, microbatch: m)
        case .reduceGradients, .optimizerStep: Action(pass: 6, microbatch: 0)
        }
    }
}
