import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation
import Testing

@testable import Estimation

@Suite("Steps that are too long") struct StepLimitTests {
    static func recipe(_ overrides: [String]) throws -> Recipe { try Recipe.load("nano", overrides: overrides) }

    /// Sixteen million micro-batches.
    static let endless = ["layout.micro_batch=1", "batch.global=16777216", "lanes=1"]

    @Test(
        "The actions of a replica are those of its stages' programs",
        arguments: [
            ["layout.micro_batch=2"], ["layout.pipeline=2", "layout.micro_batch=2"],
            ["layout.pipeline=4", "layout.data=2", "layout.micro_batch=1", "layout.schedule=gpipe"],
            ["layout.pipeline=2", "layout.interleave=2", "layout.schedule=interleaved", "layout.micro_batch=2"],
            ["layout.style=megatron", "layout.pipeline=2", "layout.data=2", "layout.micro_batch=1"],
        ])
    func count(overrides: [String]) throws {
        let recipe = try Self.recipe(overrides)
        var actions = 0
        for stage in 0..<recipe.layout.pipeline {
            let coordinate = Coordinate(tensor: 0, data: 0, pipeline: stage)
            actions += try Lowering.program(recipe, at: coordinate).actions.count
        }
        #expect(recipe.layout.actionsOfReplica(batch: recipe.batch.global) == actions)
    }

    @Test("Estimates, checks and calibrations name the limit, what was asked, and what to change")
    func refused() throws {
        let recipe = try Self.recipe(Self.endless + ["layout.pipeline=4"])
        let profile = try ClusterProfile.load("jean-zay-a100")
        let measured = MeasuredTime(.step(recipe), seconds: 1, label: "nano", file: "steps.csv", line: 2)
        let questions: [() throws -> Void] = [
            { _ = try Estimate(recipe, on: profile) }, { _ = try LayoutCheck(recipe, on: profile) },
            { _ = try LayoutCheck(recipe) }, { _ = try Calibration(profile, to: [measured]) },
            { try recipe.requirePlayable(on: profile) },
        ]
        for question in questions {
            let error = #expect(throws: Diagnostic.self) { try question() }
            #expect(error?.code == "layout.too-long" && error?.expected?.contains("4,194,304") == true)
            #expect(error?.message.contains("16,777,216 micro-batches") == true)
            // 16,777,216 × (6 × 4 − 4) + 2 × 4
            #expect(error?.found == "335,544,328")
            #expect(error?.remedy?.contains("--micro-batch") == true)
        }
    }

    @Test("Ranks that differ count apart, those that are alike once")
    func folded() throws {
        // 131,072 micro-batches of each replica are playable once, not for each of eight ranks that are checked.
        let recipe = try Self.recipe([
            "layout.micro_batch=1", "layout.data=8", "layout.zero=0", "batch.global=1048576", "lanes=8",
        ])
        try recipe.requirePlayable(on: ClusterProfile.load("jean-zay-a100"))
        try recipe.requirePlayable(replicas: 8)
        let error = #expect(throws: Diagnostic.self) { try recipe.requirePlayable(replicas: 17) }
        #expect(error?.code == "layout.too-long" && error?.message.contains("17 ranks") == true)
    }

    @Test("A plan counts such layouts and ranks the others")
    func plan() throws {
        let recipe = try Self.recipe(["batch.global=1048576", "lanes=8"])
        var fixed = PlanRequest.Fixed()
        (fixed.tensor, fixed.zero, fixed.schedule, fixed.recompute) = (
            2, 1, .oneForwardOneBackward, Layout.Recompute.none
        )
        fixed.sequenceParallel = false
        let plan = try LayoutPlan(
            recipe, on: ClusterProfile.load("jean-zay-a100", overrides: ["slurm=null"]),
            PlanRequest(nodes: 1, top: 1, fixed: fixed))
        // Four stages of one replica with micro-batches of one, two and four samples, and two of two replicas with one.
        #expect(plan.rejected(.tooLong) == 4 && plan.candidates.count == 1)
        #expect(plan.lines.contains { $0.contains("more micro-batches than can be played") })
    }

    @Test("A study of scaling leaves such numbers of nodes out, with the reason; without any it says so")
    func scaling() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let error = #expect(throws: Diagnostic.self) {
            try ScalingStudy(
                Self.recipe(Self.endless + ["layout.tensor=4", "layout.pipeline=2"]), on: profile, nodes: [1])
        }
        #expect(error?.code == "scaling.no-point" && error?.message.contains("too long to be played") == true)
    }

    @Test("A ramp-up of too many batch sizes is refused")
    func ramp() throws {
        let recipe = try Self.recipe([
            "batch.global=1048576", "batch.ramp_up.start=8", "batch.ramp_up.increment=8", "batch.ramp_up.samples=1000",
            "layout.micro_batch=8",
        ])
        let profile = try ClusterProfile.load("jean-zay-a100")
        for question in [
            { _ = try Estimate(recipe, on: profile) },
            { _ = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1)) },
        ] {
            let error = #expect(throws: Diagnostic.self) { try question() }
            #expect(error?.code == "recipe.ramp-up" && error?.location?.key == "batch.ramp_up.increment")
        }
    }
}
