import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Estimation

@Suite("Campaigns") struct CampaignTests {
    /// Two replicas of a small model on two nodes, for long enough that things fail.
    static func estimate(
        recipe: [String] = [], profile: [String] = [], _ change: (inout Campaign.Options) -> Void = { _ in }
    ) throws -> Estimate {
        var options = Campaign.Options()
        options.runs = 200
        change(&options)
        let layout = ["layout.data=4", "layout.tensor=4", "layout.micro_batch=1", "batch.global=64"]
        return try Estimate(
            Recipe.load("nano", overrides: layout + ["optimizer.train_samples=20000000000"] + recipe),
            on: ClusterProfile.load("jean-zay-a100", overrides: profile), options: options)
    }

    @Test("The parts of the time add up, and intervals hold the means")
    func parts() throws {
        let campaign = try Self.estimate().campaign
        let time = campaign.time
        let sum = time.steps + time.evaluation + time.checkpoint + time.start + time.lost + time.down
        #expect(abs(sum + time.queue - campaign.seconds) < 1e-6 * campaign.seconds)
        #expect(campaign.acceleratorHours == 16 * time.reserved / 3600)
        #expect(campaign.goodput ?? 0 < 1)
        let interval = try #require(campaign.interval)
        #expect(interval.days.contains(campaign.days))
        #expect(interval.acceleratorHours.contains(campaign.acceleratorHours))
        #expect(interval.energyKilowattHours.contains(campaign.energyKilowattHours))
        #expect(interval.carbonTonnes.contains(campaign.carbon.total))
        #expect(interval.cost?.contains(campaign.cost?.amount ?? 0) == true)
        #expect(interval.goodput.contains(campaign.goodput ?? 0))
    }

    @Test("Where the step's time is uncertain, so are days and energy: 80 % of runs lie within the same factors")
    func uncertainStep() throws {
        let use = TimeUse(computing: 100)
        let profile = try ClusterProfile.load("jean-zay-a100")
        var setup = CampaignSetup(
            work: CampaignWork(
                phases: [.init(steps: 10_000, use: use)], evaluation: .init(everySteps: 0, seconds: 0),
                checkpoint: .init(everySteps: 0, seconds: 0), isAsynchronous: false),
            hazards: CampaignHazards(), checkpointBytes: 0, optimalSeconds: nil, acceleratorCount: 8)
        let certain = try Campaign(setup, on: profile, evaluation: TimeUse(), seed: 1, options: .init())
        #expect(certain.interval == nil)
        setup.stepTimeFactors = 0.9...1.3
        let uncertain = try Campaign(setup, on: profile, evaluation: TimeUse(), seed: 1, options: .init())
        #expect(uncertain.days == certain.days)
        let interval = try #require(uncertain.interval)
        #expect(abs(interval.days.lowerBound / certain.days - 0.9) < 0.02)
        #expect(abs(interval.days.upperBound / certain.days - 1.3) < 0.04)
        #expect(abs(interval.energyKilowattHours.upperBound / certain.energyKilowattHours - 1.3) < 0.04)
    }

    @Test("Another seed draws other failures; the mean hardly moves")
    func seed() throws {
        let first = try Self.estimate().campaign
        #expect(try Self.estimate().campaign == first)
        let other = try Self.estimate(recipe: ["seed=43"]).campaign
        #expect(other.days != first.days)
        #expect(abs(other.days / first.days - 1) < 0.05)
    }

    @Test(
        "Checkpoints come as the recipe says, as the option says, or as is optimal; never in the recipe means optimal")
    func checkpoints() throws {
        func every(_ recipe: Int, _ checkpoints: Campaign.Checkpoints) throws -> Campaign.Checkpoint {
            try Self.estimate(recipe: ["checkpoint.every_steps=\(recipe)", "checkpoint.asynchronous=false"]) {
                $0.checkpoints = checkpoints
            }.campaign.checkpoint
        }
        #expect(try every(500, .recipe).everySteps == 500)
        #expect(try every(500, .every(steps: 70)).everySteps == 70)
        let optimal = try every(500, .optimal)
        #expect(try every(0, .recipe).everySteps == optimal.everySteps)
        let (used, best) = try (#require(optimal.intervalSeconds), #require(optimal.optimalSeconds))
        #expect(abs(used / best - 1) < 0.01)
    }

    @Test(
        "Evaluations cost forward passes: about a third of the steps that they replace, or a quarter if they recompute")
    func evaluation() throws {
        // As many samples in each evaluation as in 8 steps, after every 8 steps.
        let evaluation = ["evaluation.every_steps=8", "evaluation.samples_per_language=128", "evaluation.languages=4"]
        for (recompute, share) in [("none", 1.0 / 3), ("full", 0.25)] {
            let time = try Self.estimate(recipe: evaluation + ["layout.recompute=\(recompute)"]).campaign.time
            #expect(abs(time.evaluation / time.steps - share) < 0.07, "\(recompute)")
        }
        let half = try Self.estimate(recipe: evaluation + ["evaluation.languages=2"]).campaign.time
        let whole = try Self.estimate(recipe: evaluation).campaign.time
        #expect(abs(half.evaluation / whole.evaluation - 0.5) < 1e-3)
    }

    @Test("Held spare nodes cost energy and money, and a job's wait its days but no hours")
    func spareAndQueue() throws {
        let plain = try Self.estimate().campaign
        let spare = try Self.estimate { $0.spareNodes = 1 }.campaign
        #expect(abs(spare.spareAcceleratorHours * 2 - spare.acceleratorHours) < 1e-6 * spare.acceleratorHours)
        #expect(spare.energyKilowattHours > plain.energyKilowattHours)
        #expect(abs((spare.cost?.amount ?? 0) / (1.5 * spare.acceleratorHours * 1.75) - 1) < 1e-9)
        let queued = try Self.estimate { $0.jobs = .queued }.campaign
        #expect(queued.days > plain.days + 0.5 * queued.time.jobs * 8 / 24)
        #expect(abs(queued.acceleratorHours / plain.acceleratorHours - 1) < 0.01)
    }

    @Test("A checkpoint's bytes are those that the engine saves: BLOOM's 2.3 TB were 14 bytes per parameter")
    func bytes() throws {
        func bytes(_ overrides: [String]) throws -> Double {
            try Recipe.load("bloom-176b", overrides: overrides).checkpointBytes
        }
        #expect(try bytes([]) == 12 * 176_247_271_424)
        #expect(try abs(bytes(["layout.style=deepspeed"]) / 0x1p40 - 2.3) < 0.06)
    }

    @Test("Every factor has an id, a unit and a source; those of carbon a scope and a year")
    func factors() throws {
        for name in ["jean-zay-a100", "jean-zay-h100", "jean-zay-v100-16g", "jean-zay-v100-32g", "laptop"] {
            let profile = try ClusterProfile.load(name)
            let factors = profile.campaignFactors
            #expect(Set(factors.map(\.id)).count == factors.count)
            let keys = Set(profile.rows.map(\.key))
            for factor in factors {
                #expect(keys.contains(factor.id), "\(factor.id)")
                #expect(!factor.source.isEmpty)
                guard factor.id.hasPrefix("site.") else { continue }
                #expect(factor.scope?.isEmpty == false && factor.year != nil, "\(name): \(factor.id)")
            }
            #expect(factors.contains { $0.id == "power.idle_fraction" } == (profile.power != nil))
        }
    }

    struct Refusal: CustomTestStringConvertible {
        var code: String
        var key: String
        var recipe: [String] = []
        var profile: [String] = []
        var change: @Sendable (inout Campaign.Options) -> Void = { _ in }
        var testDescription: String { code }
    }

    @Test("A run of seconds is no failure to make progress, however little of its time are steps")
    func short() throws {
        let campaign = try Self.estimate(recipe: ["optimizer.train_samples=640"]).campaign
        #expect(campaign.goodput ?? 1 < 0.01)
    }

    @Test("A run that ends before its first checkpoint is not taken for one that never ends")
    func beforeTheFirstCheckpoint() throws {
        // Ten steps of well under a second, a failure every seven minutes, and a checkpoint every million steps.
        let campaign = try Self.estimate(
            recipe: ["optimizer.train_samples=640"],
            profile: ["reliability.crashes_per_node_hour=4", "reliability.start_minutes=0.1"]
        ) { $0.checkpoints = .every(steps: 1_000_000) }.campaign
        #expect(campaign.steps == 10)
        #expect(campaign.expectedFailures ?? 1 < 0.2)
    }

    @Test("Jobs that leave in time save, however far apart checkpoints are")
    func longIntervals() throws {
        let campaign = try Self.estimate(profile: [
            "slurm.time_limit_hours=2", "reliability.crashes_per_node_hour=0.01",
        ]) {
            $0.checkpoints = .every(steps: 1_000_000_000)
        }.campaign
        #expect(campaign.goodput ?? 0 > 0.5)
    }

    @Test(
        "What cannot be answered is refused, by name",
        arguments: [
            Refusal(
                code: "campaign.no-progress", key: "reliability.crashes_per_node_hour",
                profile: ["reliability.crashes_per_node_hour=1000"]),
            Refusal(
                code: "campaign.no-progress", key: "reliability.crashes_per_node_hour",
                profile: ["reliability.start_minutes=10000000", "slurm=null"]),
            Refusal(
                code: "campaign.job-too-short", key: "slurm.time_limit_hours",
                profile: ["slurm.time_limit_hours=0.05"]),
            Refusal(
                code: "campaign.too-long", key: "optimizer.train_samples",
                recipe: ["optimizer.train_samples=1000000000000", "batch.global=8"],
                profile: ["slurm.time_limit_hours=1"]),
            Refusal(
                code: "profile.missing-figure", key: "slurm.queue_wait_hours", profile: ["slurm.queue_wait_hours=null"],
                change: { $0.jobs = .queued }),
            Refusal(
                code: "profile.missing-figure", key: "reliability.crashes_per_node_hour", profile: ["reliability=null"],
                change: { $0.checkpoints = .optimal }),
            Refusal(code: "campaign.runs", key: "--runs", change: { $0.runs = 9 }),
            Refusal(code: "campaign.spare-nodes", key: "--spare-nodes", change: { $0.spareNodes = 51 }),
        ])
    func refusals(_ refusal: Refusal) throws {
        let error = #expect(throws: Diagnostic.self) {
            try Self.estimate(recipe: refusal.recipe, profile: refusal.profile, refusal.change)
        }
        #expect(error?.code == refusal.code)
        #expect(error?.location?.key == refusal.key)
        #expect(error?.kind == .badInput)
    }

    @Test("Without figures for failures they are unknown, and time is that of the work")
    func unknown() throws {
        let campaign = try Self.estimate(profile: ["reliability=null", "power=null"]).campaign
        #expect(campaign.expectedFailures == nil && campaign.goodput == nil)
        #expect(campaign.time.lost == 0 && campaign.time.down == 0)
        #expect(campaign.assumesRatedPower)
        let lines = try Self.estimate(profile: ["reliability=null", "power=null"]).lines
        #expect(lines.contains { $0.hasPrefix("failures") && $0.contains("no reliability section") })
        #expect(lines.contains { $0.hasPrefix("energy") && $0.contains("at rated power") })
    }

    @Test("At rated power a node in part costs what a whole one does: more than with its idle accelerators' own figure")
    func unusedAccelerators() throws {
        let part = ["layout.tensor=1", "layout.pipeline=1", "layout.data=1"]
        let rated = try Self.estimate(recipe: part, profile: ["power=null"]).campaign
        let modelled = try Self.estimate(recipe: part).campaign
        #expect(rated.energyKilowattHours >= modelled.energyKilowattHours)
    }

    @Test("The fewest runs that are accepted give an interval")
    func fewRuns() throws {
        let campaign = try Self.estimate { $0.runs = Campaign.Options.runsMin }.campaign
        #expect(campaign.interval != nil)
    }

    @Test("One slow accelerator slows the whole job, never by more than itself")
    func slowNode() throws {
        let costs = try [1, 1.05, 1.2, 2].map { factor in
            let estimate = try Self.estimate { $0.slowNode = factor }
            return try #require(estimate.campaign.slowNodeCost)
        }
        #expect(costs[0] == 0)
        for (cost, factor) in zip(costs, [1, 1.05, 1.2, 2]) { #expect(cost <= factor - 1 + 1e-12) }
        #expect(costs == costs.sorted() && costs[3] > 0.1)
        #expect(try Self.estimate().campaign.slowNodeCost == nil)
    }
}
