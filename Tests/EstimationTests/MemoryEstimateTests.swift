import ClusterProfiles
import Programs
import Recipes
import Testing

@testable import Estimation

@Suite("Memory") struct MemoryEstimateTests {
    static func program(_ overrides: [String] = []) throws -> Program {
        try Lowering.program(
            Recipe.load("nano", overrides: overrides), at: Coordinate(tensor: 0, data: 0, pipeline: 0))
    }

    @Test("In float32 the planner's bytes, kind by kind")
    func float32() throws {
        let program = try Self.program()
        let plan = MemoryPlan(program)
        let estimate = MemoryEstimate(program, profile: nil)
        #expect(estimate.parameters == Double(plan.bytes(of: .parameters)))
        #expect(estimate.gradients == Double(plan.bytes(of: .gradients)))
        #expect(estimate.optimizer == Double(plan.bytes(of: .optimizer)))
        #expect(estimate.activations == Double(plan.bytes(of: .activations)))
        #expect(estimate.workspace == Double(plan.bytes(of: .workspace)))
        #expect(estimate.total == Double(plan.totalBytes))
    }

    @Test("In half precision 2 + 4 + 8 bytes for a parameter, its master copy and moments; activations of 2 bytes")
    func half() throws {
        let full = MemoryEstimate(try Self.program(), profile: nil)
        for precision in ["bfloat16", "float16"] {
            let half = MemoryEstimate(try Self.program(["precision=\(precision)"]), profile: nil)
            #expect(half.parameters == full.parameters / 2)
            #expect(half.gradients == full.gradients)
            #expect(half.optimizer == full.optimizer * 12 / 8)
            #expect(half.activations > full.activations / 2, "token ids, statistics and logits keep their size")
            #expect(half.activations < full.activations * 0.6)
            #expect(half.workspace < full.workspace)
        }
    }

    @Test("The framework's context counts, and decides what fits")
    func context() throws {
        let program = try Self.program()
        let small = try ClusterProfile.load("laptop")
        let estimate = MemoryEstimate(program, profile: small)
        let bare = MemoryEstimate(program, profile: nil)
        #expect(abs(estimate.total - bare.total - small.accelerator.frameworkContextBytes) < 1)
        #expect(estimate.fits(small))
        let full = try ClusterProfile.load("laptop", overrides: ["accelerator.framework_context_gib=3.999"])
        #expect(!MemoryEstimate(program, profile: full).fits(full))
    }

    @Test("A compiler that fuses the loss saves what it holds in float32")
    func fusedLoss() throws {
        let recipe = try Recipe.load(
            "llama-2-7b",
            overrides: ["layout.style=fsdp", "layout.zero=3", "layout.data=8", "layout.tensor=1", "layout.pipeline=1"])
        let program = try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: 0))
        func bytes(_ share: Double) throws -> Double {
            let profile = try ClusterProfile.load(
                "grand-teton-h100", overrides: ["engines.fsdp.loss_fusion=\(share)"])
            return MemoryEstimate(program, profile: profile).total
        }
        let unstated = MemoryEstimate(program, profile: try ClusterProfile.load("grand-teton-h100")).total
        #expect(try bytes(0) == unstated)
        #expect(try bytes(1) < bytes(0.5))
        #expect(try bytes(0.5) < unstated)
    }

    @Test("The worst stage is found") func worst() throws {
        let recipe = try Recipe.load("nano", overrides: ["layout.pipeline=4"])
        let programs = try Lowering.programs(recipe)
        let worst = try #require(MemoryEstimate.worst(of: programs, profile: nil))
        let totals = programs.map { MemoryPlan($0).totalBytes }
        #expect(worst.total == Double(totals.max() ?? 0))
        #expect(totals[worst.coordinate.pipeline] == totals.max())
    }
}
