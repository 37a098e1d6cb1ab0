import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

/// What whoever trained on Jean Zay's A100 nodes learned about the clock, as the model must show it.
///
/// The figures are BigScience's (repository bigscience-workshop/bigscience, train/tr11-176B-ml: README.md, chronicles.md and
/// chronicles-prequel.md), measured with Megatron-DeepSpeed and full recomputation. Those of one table were taken within a
/// few days: their ratios are surer than the seconds.
@Suite("Qualitative truths of the clock")
struct QualitativeTests {
    /// A shape and a layout on 384 accelerators.
    struct Case {
        var layers = 70
        var hidden = 14336
        var heads = 112
        var tensor = 4
        var pipeline = 12
        var data = 8
        var microBatch = 2
        var batch = 2048
        var precision = Recipe.Precision.float16

        /// A step of one batch, without ramp-up.
        func estimate(on profile: String = "jean-zay-a100") throws -> Estimate {
            let recipe = try Recipe.load("bloom-176b").withBatch(batch)
            var changed = recipe
            changed.precision = precision
            changed.model.layers = layers
            changed.model.hidden = hidden
            changed.model.ffn = 4 * hidden
            changed.model.heads = heads
            changed.model.keyValueHeads = heads
            changed.layout = Layout(
                tensor: tensor, pipeline: pipeline, data: data, microBatch: microBatch, zero: 1, recompute: .full,
                style: .deepspeed)
            try changed.validate()
            return try Estimate(changed, on: ClusterProfile.load(profile))
        }

        func seconds(on profile: String = "jean-zay-a100") throws -> Double { try estimate(on: profile).secondsPerStep }
        func teraflops() throws -> Double { try estimate().operationsPerSecond / 1e12 }
    }

    private static func isNear(_ value: Double, _ measured: Double, within share: Double) -> Bool {
        abs(value / measured - 1) <= share
    }

    // MARK: The batch

    @Test("BLOOM's ramp-up: each larger batch takes longer and uses the machine better")
    func rampUpIsMonotone() throws {
        var small = Case(microBatch: 1, precision: .bfloat16)
        var steps: [Estimate] = []
        for batch in [16, 64, 192, 512, 1024, 1536, 2048] {
            small.batch = batch
            small.microBatch = batch < 512 ? 1 : 2
            steps.append(try small.estimate())
        }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.secondsPerStep < $1.secondsPerStep })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.operationsPerSecond < $1.operationsPerSecond })
    }

    @Test("BLOOM's ends of the ramp: 15.2 s and 8 TFLOP/s for 16 samples, 104.7 s and 150 for 2,048")
    func rampUpEnds() throws {
        let first = Case(microBatch: 1, batch: 16, precision: .bfloat16)
        #expect(Self.isNear(try first.seconds(), 15.2, within: 0.10))
        #expect(Self.isNear(try first.teraflops(), 8, within: 0.10))
        let last = Case(precision: .bfloat16)
        #expect(Self.isNear(try last.seconds(), 104.7, within: 0.05))
        #expect(Self.isNear(try last.teraflops(), 150, within: 0.05))
    }

    @Test("BLOOM's start: 73 TFLOP/s for 192 samples in micro-batches of 1")
    func rampUpStart() throws {
        let start = Case(microBatch: 1, batch: 192, precision: .bfloat16)
        let teraflops = try start.teraflops()
        #expect(Self.isNear(teraflops, 73, within: 0.15))
        withKnownIssue("the smallest batches are a tenth too slow") {
            #expect(Self.isNear(teraflops, 73, within: 0.10))
        }
    }

    /// 182 billion parameters, 78 layers: seconds of 512, 1,024, 1,536 and 2,048 samples.
    static let measured = [(512, 35.8), (1024, 59.7), (1536, 83.1), (2048, 107.1)]

    @Test("Batches of a 182-billion model: 35.8, 59.7, 83.1, 107.1 s keep their proportions")
    func batchProportions() throws {
        let seconds = try Self.measured.map { try Case(layers: 78, hidden: 13824, heads: 96, batch: $0.0).seconds() }
        for (index, (batch, measured)) in Self.measured.enumerated() {
            #expect(Self.isNear(seconds[index] / seconds[3], measured / 107.1, within: 0.05), "\(batch)")
        }
        // What each further 512 samples cost: 23.9, 23.4, 24.0 s.
        for (before, after) in zip(seconds, seconds.dropFirst()) {
            #expect(Self.isNear(after - before, 23.8, within: 0.10))
        }
    }

    @Test("Batches of a 182-billion model, in seconds", arguments: measured)
    func batchSeconds(batch: Int, measured: Double) throws {
        let seconds = try Case(layers: 78, hidden: 13824, heads: 96, batch: batch).seconds()
        #expect(Self.isNear(seconds, measured, within: 0.16))
        // The slowest stages hold 7 of the 78 layers; the measurement is as if each held 6.5.
        withKnownIssue("78 layers on 12 stages are estimated 10 to 15 % slower than they were measured") {
            #expect(Self.isNear(seconds, measured, within: 0.10))
        }
    }

    // MARK: The layout

    @Test("Tensor 4 × pipeline 12 is 3 to 10 % faster than tensor 8 × pipeline 6, each at its best micro-batch")
    func tensorFour() throws {
        // 72 layers of 14,336 with 64 heads: 110.48 and 114.11 s on 25 February 2022.
        func best(_ tensor: Int, _ pipeline: Int) throws -> Double {
            let seconds = try [1, 2, 4].map {
                try Case(layers: 72, heads: 64, tensor: tensor, pipeline: pipeline, microBatch: $0).seconds()
            }
            return try #require(seconds.min())
        }
        let (four, eight) = (try best(4, 12), try best(8, 6))
        #expect((1.03...1.10).contains(eight / four))
        #expect(Self.isNear(four, 110.48, within: 0.05) && Self.isNear(eight, 114.11, within: 0.05))
    }

    @Test("Micro-batches of 2 in place of 1 gain 5 to 7 %, of 8 lose against 4")
    func microBatch() throws {
        func seconds(_ microBatch: Int) throws -> Double {
            try Case(microBatch: microBatch, precision: .bfloat16).seconds()
        }
        #expect((1.05...1.07).contains(try seconds(1) / seconds(2)))
        #expect(try seconds(8) > seconds(4))
        // 80 layers of 13,824 on 320 accelerators, before the network's settings were mended: 160.29 and 151.07 s.
        func early(_ microBatch: Int) throws -> Double {
            try Case(
                layers: 80, hidden: 13824, heads: 96, tensor: 8, pipeline: 10, data: 4, microBatch: microBatch
            ).seconds(on: "jean-zay-a100-2022-02")
        }
        #expect((1.05...1.07).contains(try early(1) / early(2)))
    }

    @Test("Micro-batches at tensor 8 × pipeline 12: 143.31, 134.02, 123.69 and 129.26 s for 1, 2, 4 and 8")
    func microBatchTensorEight() throws {
        let seconds = try [1, 2, 4, 8].map {
            try Case(layers: 72, heads: 64, tensor: 8, pipeline: 12, data: 4, microBatch: $0)
                .seconds(on: "jean-zay-a100-2022-02")
        }
        #expect(seconds[0] > seconds[1] && seconds[1] > seconds[2] && seconds[3] > seconds[2])
        for (estimated, measured) in zip(seconds, [143.31, 134.02, 123.69, 129.26]) {
            #expect(Self.isNear(estimated, measured, within: 0.10))
        }
    }

    @Test("Uneven stages: 82 layers, with embedding and head 12 stages of 7, take no longer than 78, unevenly 6 or 7")
    func unevenStages() throws {
        func layers(_ count: Int) throws -> Estimate { try Case(layers: count, hidden: 13824, heads: 96).estimate() }
        let (even, uneven, slots) = (try layers(72), try layers(78), try layers(82))
        #expect(slots.secondsPerStep / uneven.secondsPerStep < 1.015)
        #expect(uneven.secondsPerStep / even.secondsPerStep > 1.10)
        // The stages of fewer layers wait.
        func bubbleSpread(_ estimate: Estimate) -> Double {
            let seconds = estimate.step.stages.dropFirst().dropLast().map(\.share.bubbleSeconds)
            return (seconds.max() ?? 0) - (seconds.min() ?? 0)
        }
        #expect(bubbleSpread(uneven) > 5 * bubbleSpread(slots))
    }

    // MARK: The shape

    @Test("Heads at tensor 8: 121.3, 124.8 and 162.7 s for 64, 96 and 128; 128 heads of 108 are slowest by far")
    func headSizes() throws {
        let seconds = try [64, 96, 128].map {
            try Case(layers: 78, hidden: 13824, heads: $0, tensor: 8, pipeline: 6, microBatch: 4)
                .seconds(on: "jean-zay-a100-2022-02")
        }
        #expect(seconds[0] < seconds[1] && seconds[1] < seconds[2])
        #expect(Self.isNear(seconds[1] / seconds[0], 124.8 / 121.3, within: 0.05))
        #expect(seconds[2] > 1.15 * seconds[1])
    }

    @Test("Heads of 112 and of 108: 72 × 14,336 with 128 heads lose 3 %, 78 × 13,824 with as many lose 38 %")
    func alignedHeads() throws {
        // 110.42 and 114.02 s for 64 and 128 heads of 72 × 14,336; 107.12 and 147.41 s for 96 and 128 of 78 × 13,824.
        func ratio(_ layers: Int, _ hidden: Int, _ fewer: Int) throws -> Double {
            try Case(layers: layers, hidden: hidden, heads: 128).seconds()
                / Case(layers: layers, hidden: hidden, heads: fewer).seconds()
        }
        let (aligned, unaligned) = (try ratio(72, 14336, 64), try ratio(78, 13824, 96))
        #expect(unaligned > 1.15 && aligned < unaligned)
        #expect(Self.isNear(aligned, 114.02 / 110.42, within: 0.07))
    }

    @Test("Hidden sizes: 14,400, a multiple of 64 alone, runs at 94 TFLOP/s where 13,824 reaches 120")
    func hiddenSizes() throws {
        func teraflops(_ hidden: Int) throws -> Double {
            let step = Case(
                layers: 80, hidden: hidden, heads: 96, tensor: 8, pipeline: 10, data: 4, microBatch: 1)
            return try step.estimate(on: "jean-zay-a100-2022-02").operationsPerSecond / 1e12
        }
        let (odd, even) = (try teraflops(14400), try teraflops(13824))
        #expect(Self.isNear(even / odd, 120.0 / 94, within: 0.10))
        #expect(Self.isNear(odd, 94, within: 0.10) && Self.isNear(even, 120, within: 0.10))
    }
}
