import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Estimation

@Suite("Plans") struct LayoutPlanTests {
    static func nano(_ overrides: [String] = [], _ profile: [String] = []) throws -> (Recipe, ClusterProfile) {
        (try Recipe.load("nano", overrides: overrides), try ClusterProfile.load("jean-zay-a100", overrides: profile))
    }

    @Test("Threads change nothing, not even the account")
    func threads() throws {
        let (recipe, profile) = try Self.nano()
        func plan(_ threads: Int) throws -> (String, [Layout]) {
            let plan = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 2, top: 4, threads: threads))
            return (plan.lines.joined(separator: "\n"), plan.candidates.map(\.recipe.layout))
        }
        let one = try plan(1)
        let four = try plan(4)
        #expect(one == four)
    }

    @Test(
        "Layouts whose run never ends are counted, and the reason is told where none is left",
        arguments: [
            ["reliability.crashes_per_node_hour=1000"], ["slurm.time_limit_hours=0.001"],
            // Found out only by estimating them.
            ["reliability.crashes_per_node_hour=30", "reliability.start_minutes=10"],
        ])
    func unending(overrides: [String]) throws {
        let (recipe, profile) = try Self.nano(["optimizer.train_samples=20000000000"], overrides)
        let plan = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, top: 2))
        let rejected = Rejection.allCases.reduce(0) { $0 + plan.rejected($1) }
        #expect(plan.considered == plan.estimated + plan.ruledOut + rejected)
        guard plan.candidates.isEmpty else { return }
        #expect(plan.rejected(.unending) > 0)
        let reason = try #require(plan.unending)
        #expect(["campaign.no-progress", "campaign.job-too-short", "campaign.too-long"].contains(reason.code))
        #expect(plan.lines.contains { $0.contains("keep from ending") })
        #expect(plan.lines.contains("why a run does not end:"))
        for line in plan.lines { #expect(line.count <= 100, "\(line)") }
    }

    @Test(
        "A bound calls no run endless that an estimate sees the end of", arguments: [0.01, 1, 5, 20, 100], [0.1, 5, 30])
    func endings(rate: Double, minutes: Double) throws {
        for every in [0, 10, 1000] {
            let (recipe, profile) = try Self.nano(
                ["optimizer.train_samples=2000000", "checkpoint.every_steps=\(every)"],
                ["reliability.crashes_per_node_hour=\(rate)", "reliability.start_minutes=\(minutes)"])
            let phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.trainSamples)
            let clock = try CampaignClock(recipe, on: profile, slowNode: nil)
            let bound = try EndingBound(recipe, accelerators: 1, on: profile, phases: phases)
            let ends = (try? Estimate(recipe, on: profile)) != nil
            #expect(!ends || bound.mayEnd(stepSeconds: clock.step.seconds), "every \(every)")
        }
    }

    @Test("Constraints leave what keeps them, and are counted")
    func constraints() throws {
        let (recipe, profile) = try Self.nano()
        let free = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, top: 1000))
        let fastest = try #require(free.candidates.first)
        let slowest = try #require(free.candidates.last)
        #expect(free.ruledOut == 0 && free.estimated == free.candidates.count)

        let middle = (fastest.campaign.days + slowest.campaign.days) / 2
        let days = try LayoutPlan(
            recipe, on: profile, PlanRequest(nodes: 1, top: 1000, constraints: .init(daysMax: middle)))
        #expect(
            days.candidates.map(\.recipe.layout)
                == free.candidates.filter { $0.campaign.days <= middle }.map(\.recipe.layout))
        #expect(days.rejected(.days) == free.candidates.count - days.candidates.count)
        #expect(days.rejected(.days) > 0)

        let price = try #require(fastest.campaign.cost?.amount)
        func plan(costMax: Double) throws -> LayoutPlan {
            try LayoutPlan(
                recipe, on: profile, PlanRequest(nodes: 1, top: 3, constraints: .init(costMax: costMax)))
        }
        #expect(try plan(costMax: price).candidates.first?.recipe.layout == fastest.recipe.layout)
        let cheap = try plan(costMax: price / 2)
        #expect(cheap.candidates.isEmpty && cheap.rejected(.cost) > 0)

        let use = try LayoutPlan(
            recipe, on: profile,
            PlanRequest(nodes: 1, top: 1000, constraints: .init(utilisationMin: fastest.modelUtilisation / 2)))
        #expect(use.candidates.allSatisfy { $0.modelUtilisation >= fastest.modelUtilisation / 2 })
        #expect(
            use.candidates.count == free.candidates.filter { $0.modelUtilisation >= fastest.modelUtilisation / 2 }.count
        )
    }

    @Test("Constraints that nothing keeps leave the fastest to be shown")
    func impossible() throws {
        let (recipe, profile) = try Self.nano()
        let plan = try LayoutPlan(
            recipe, on: profile, PlanRequest(nodes: 1, top: 2, constraints: .init(daysMax: 1e-12)))
        #expect(plan.candidates.isEmpty)
        #expect(plan.rejected(.days) > 100)
        let free = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, top: 1))
        #expect(plan.unconstrained == free.candidates.first)
        #expect(plan.lines.contains { $0.contains("no layout is left") })
    }

    @Test("A ramp is planned by the days of its whole run")
    func ramp() throws {
        let (recipe, profile) = try Self.nano([
            "batch.global=64", "batch.ramp_up.start=16", "batch.ramp_up.increment=16", "batch.ramp_up.samples=10000",
            "optimizer.train_samples=20000", "optimizer.decay_samples=30000",
        ])
        let free = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, top: 2000))
        #expect(free.ruledOut == 0)
        let days = free.candidates.map(\.campaign.days).sorted()
        let limit = days[days.count / 3]
        let plan = try LayoutPlan(
            recipe, on: profile, PlanRequest(nodes: 1, top: 2000, constraints: .init(daysMax: limit)))
        #expect(plan.candidates.count == free.candidates.filter { $0.campaign.days <= limit }.count)
    }

    @Test("The account and the layouts are in the JSON")
    func json() throws {
        let (recipe, profile) = try Self.nano(
            [], ["accelerator.framework_context_gib=0.0001", "accelerator.memory_gib=0.003"])
        let plan = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, top: 3))
        let data = try JSONEncoder().encode(plan)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let rejected = try #require(object["rejected"] as? [String: Int])
        #expect(rejected.count == Rejection.allCases.count && (rejected["memory"] ?? 0) > 0)
        let parts =
            rejected.values.reduce(0, +) + (object["estimated"] as? Int ?? 0) + (object["ruled_out"] as? Int ?? 0)
        #expect(object["considered"] as? Int == parts)
        let candidates = try #require(object["candidates"] as? [[String: Any]])
        #expect(candidates.count == 3)
        let estimated = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan.candidates[0])) as? [String: Any])
        let layout = [
            "tensor", "pipeline", "interleave", "data", "micro_batch", "schedule", "zero", "recompute",
            "sequence_parallel", "style", "options",
        ]
        #expect(Set(candidates[0].keys) == Set(estimated.keys).union(layout))
        let miss = try #require(object["closest_miss"] as? [String: Any])
        #expect((miss["excess_gib"] as? Double ?? 0) > 0)
        #expect(miss["would_fit"] is [String])
    }

    @Test("Lines fit 100 columns")
    func lines() throws {
        let bloom = try LayoutPlan(
            Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"), PlanRequest(nodes: 48, top: 2))
        for line in bloom.lines { #expect(line.count <= 100, "\(line)") }
        #expect(bloom.candidates.count == 2 && bloom.candidates.allSatisfy { $0.fits })
        // The bounds leave little to be estimated.
        #expect(bloom.estimated <= 8)
    }

    @Test("What cannot be planned is said")
    func refusals() throws {
        let (recipe, profile) = try Self.nano([], ["nodes.count=1000000"])
        func code(_ change: (inout PlanRequest) -> Void) -> String? {
            var request = PlanRequest(nodes: 1)
            change(&request)
            do throws(Diagnostic) {
                _ = try LayoutPlan(recipe, on: profile, request)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code { $0.nodes = 0 } == "plan.nodes")
        #expect(code { $0.nodes = 1_000_000_000 } == "plan.nodes")
        #expect(code { $0.nodes = 1_000_000 } == "layout.ranks")
        #expect(code { $0.top = 0 } == "plan.top")
        #expect(code { $0.fixed.tensor = 3 } == "plan.fixed")
        #expect(code { $0.fixed.microBatch = 5 } == "plan.fixed")
        #expect(code { $0.fixed.tensor = 0 } == "plan.fixed")
    }

    @Test("As many accelerators as a plan may have are planned in no time")
    func large() throws {
        let (recipe, profile) = try Self.nano(
            ["lanes=32768", "batch.global=32768", "optimizer.train_samples=327680", "optimizer.decay_samples=655360"],
            ["nodes.count=1000000"])
        let plan = try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 16384, top: 1))
        #expect(plan.candidates.count == 1)
        #expect(plan.accelerators == 131_072)
    }
}
