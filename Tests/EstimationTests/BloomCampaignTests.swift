import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

/// BLOOM's run against what was published: from 11 March to 6 July 2022, 118 days 5 h 41 min, 1,082,990 accelerator-hours
/// (Luccioni et al. 2023).
///
/// The recipe is the plan of 450 billion tokens; the run stopped at 366 billion (Workshop et al. 2022). Equal work is
/// 178.7 million samples of 2,048 tokens. It was made by Megatron-DeepSpeed, so the engine's style is that.
@Suite("BLOOM's campaign") struct BloomCampaignTests {
    static let days = 118.24
    static let acceleratorHours = 1_082_990.0
    static let overrides = ["optimizer.train_samples=178710938", "layout.style=deepspeed"]

    static func recipe(_ more: [String] = []) throws -> Recipe {
        try Recipe.load("bloom-176b", overrides: overrides + more)
    }

    private func isNear(_ value: Double, _ published: Double, _ share: Double) -> Bool {
        abs(value / published - 1) < share
    }

    @Test("From first principles: days and accelerator-hours within 10 %")
    func firstPrinciples() throws {
        let campaign = try Estimate(Self.recipe(), on: ClusterProfile.load("jean-zay-a100")).campaign
        #expect(isNear(campaign.days, Self.days, 0.1), "\(campaign.days)")
        #expect(isNear(campaign.acceleratorHours, Self.acceleratorHours, 0.1), "\(campaign.acceleratorHours)")
        // Iteration 94,767 was the last on 48 nodes.
        #expect(isNear(Double(campaign.steps), 95_000, 0.01))
        // About one crash a week, and three hangs.
        #expect((15...23).contains(campaign.expectedFailures ?? 0))
        // Twelve minutes per evaluation (BigScience repository, train/tr11-176B-ml/chronicles.md).
        #expect(isNear(campaign.time.evaluation / 95, 720, 0.15), "\(campaign.time.evaluation / 95)")
    }

    @Test("From the measured step times, whatever the clock says: the same within 10 %")
    func measuredSteps() throws {
        let recipe = try Self.recipe()
        let profile = try ClusterProfile.load("jean-zay-a100")
        // 192 samples at 73 TFLOP/s where 2,048 took 105 s at 150: 20.2 s; nearly linear between.
        let phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.trainSamples).map { phase in
            CampaignWork.Phase(
                steps: phase.steps, use: TimeUse(computing: 20.2 + (105 - 20.2) * Double(phase.batch - 192) / 1856))
        }
        let evaluation = TimeUse(computing: 720)
        let setup = try CampaignSetup(
            recipe, on: profile, phases: phases, evaluation: evaluation, options: .init())
        let campaign = try Campaign(setup, on: profile, evaluation: evaluation, seed: 42, options: .init())
        #expect(isNear(campaign.days, Self.days, 0.1), "\(campaign.days)")
        #expect(isNear(campaign.acceleratorHours, Self.acceleratorHours, 0.1), "\(campaign.acceleratorHours)")
        // A checkpoint of 2.3 TB took about 40 s.
        #expect(isNear(campaign.checkpoint.writeSeconds, 40, 0.1))
        // The spread is that of failures: some days.
        let interval = try #require(campaign.interval)
        #expect((1...8).contains(interval.days.upperBound - interval.days.lowerBound))
    }

    @Test("At work the nodes draw 109 kW more than idle, as was measured (the profile's shares were derived from that)")
    func power() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let campaign = try Estimate(Self.recipe(), on: profile).campaign
        let kilowatts =
            campaign.dynamicKilowattHours / (campaign.time.reserved / 3600)
            / profile.site.powerUsageEffectiveness.value
        #expect(isNear(kilowatts, 109, 0.1), "\(kilowatts)")
        let idle = campaign.idleKilowattHours / (campaign.time.reserved / 3600) / 1.2
        #expect(isNear(idle, 64, 0.01))
    }

    /// Seconds of a step (BigScience repository, train/tr11-176B-ml/README.md and chronicles-prequel.md).
    struct Measured: CustomTestStringConvertible {
        var batch: Int
        var microBatch = 2
        var seconds: Double
        var testDescription: String { "\(batch) samples" }
    }

    private func check(_ measured: [Measured], _ overrides: [String]) throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let seconds = try measured.map { point in
            let recipe = try Self.recipe(
                overrides + [
                    "batch.ramp_up=null", "batch.global=\(point.batch)", "layout.micro_batch=\(point.microBatch)",
                ])
            return try Estimate(recipe, on: profile).secondsPerStep
        }
        let last = measured.count - 1
        for (index, point) in measured.enumerated() {
            let ratio = seconds[index] / seconds[last]
            #expect(isNear(ratio, point.seconds / measured[last].seconds, 0.15), "\(point.batch): \(ratio)")
        }
        // More samples take longer, and are faster each.
        for (index, next) in seconds.enumerated().dropFirst() {
            #expect(next > seconds[index - 1])
            #expect(
                Double(measured[index].batch) / next > Double(measured[index - 1].batch) / seconds[index - 1])
        }
    }

    @Test("The batch's ramp-up: 8 TFLOP/s at 16 samples, 73 at 192, 150 at 2,048")
    func rampUp() throws {
        try check(
            [
                Measured(batch: 16, microBatch: 1, seconds: 15.2),
                // 73 TFLOP/s where 2,048 samples ran at 150.
                Measured(batch: 192, microBatch: 1, seconds: 104.7 * 192 / 2048 * 150 / 73),
                Measured(batch: 2048, seconds: 104.7),
            ], [])
    }

    @Test("How a larger batch fills the pipeline: 182 billion parameters at 512 to 2,048 samples")
    func fill() throws {
        try check(
            [
                Measured(batch: 512, seconds: 35.8), Measured(batch: 1024, seconds: 59.7),
                Measured(batch: 1536, seconds: 83.1), Measured(batch: 2048, seconds: 107.1),
            ],
            [
                "model.layers=78", "model.hidden=13824", "model.heads=96", "model.ffn=55296", "precision=float16",
            ])
    }

    @Test("One slow accelerator of 384 costs the job about 5 % (105.2 s became 111 s on 28 April 2022)")
    func slowNode() throws {
        var options = Campaign.Options()
        options.slowNode = 1.1
        let estimate = try Estimate(Self.recipe(), on: ClusterProfile.load("jean-zay-a100"), options: options)
        let cost = try #require(estimate.campaign.slowNodeCost)
        #expect((0.03...0.08).contains(cost), "\(cost)")
    }
}
