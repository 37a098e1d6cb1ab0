import Diagnostics
import Recipes
import Testing

@testable import Estimation

@Suite("The space of layouts") struct LayoutSpaceTests {
    /// Every point of a space, one by one.
    static func points(_ space: LayoutSpace) -> [Layout] {
        space.degrees.flatMap { degrees in
            LayoutSpace.divisors(of: space.recipe.batch.global).flatMap { microBatch in
                space.pipelinings(degrees.pipeline).flatMap { pipelining in
                    (0...3).flatMap { zero in
                        Layout.Recompute.allCases.flatMap { recompute in
                            [false, true].map { sequence in
                                Layout(
                                    tensor: degrees.tensor, pipeline: degrees.pipeline,
                                    interleave: pipelining.interleave, data: degrees.data, microBatch: microBatch,
                                    schedule: pipelining.schedule, zero: zero, sequenceParallel: sequence,
                                    recompute: recompute, style: space.recipe.layout.style)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(
        "Every point is legal or counted once, and what is legal is what the recipe allows", arguments: PlanCase.serre)
    func complete(_ test: PlanCase) throws {
        let space = LayoutSpace(try test.load().recipe, accelerators: test.nodes * test.perNode)
        let points = Self.points(space)
        #expect(points.count == space.size)
        var legal: [Layout] = []
        var rejected = RejectionCounts()
        for degrees in space.degrees {
            let found = space.legal(degrees)
            legal += found.layouts
            rejected.add(found.rejected)
        }
        #expect(legal.count + rejected.total == space.size)
        #expect(Set(legal).count == legal.count)
        let allowed = points.filter { (try? space.recipe.validate($0)) != nil }
        #expect(allowed.count == legal.count + rejected[.repetition])
        #expect(Set(legal).isSubset(of: allowed))
    }

    @Test("What repeats another layout takes as long as that")
    func repetitions() throws {
        let (recipe, profile) = try PlanCase(recipe: "nano", nodes: 2, perNode: 2).load()
        let space = LayoutSpace(recipe, accelerators: 4)
        func seconds(_ layout: Layout) throws -> Double {
            var recipe = space.recipe
            recipe.layout = layout
            return try Estimate(recipe, on: profile).secondsPerStep
        }
        let legal = space.degrees.flatMap { space.legal($0).layouts }
        let times = try legal.map(seconds)
        let repeated = Self.points(space).filter { point in
            (try? space.recipe.validate(point)) != nil && !legal.contains(point)
        }
        #expect(repeated.count > 100)
        for layout in repeated {
            let time = try seconds(layout)
            // Order of sums aside.
            #expect(times.contains { abs($0 - time) <= 1e-9 * time }, "\(layout)")
        }
    }

    @Test("Options that are given are not searched")
    func fixed() throws {
        let (recipe, _) = try PlanCase(recipe: "nano", nodes: 1, perNode: 4).load()
        var fixed = PlanRequest.Fixed()
        (fixed.tensor, fixed.zero, fixed.recompute, fixed.schedule) = (2, 1, .full, .gpipe)
        let space = LayoutSpace(recipe, accelerators: 4, fixed: fixed)
        let legal = space.degrees.flatMap { space.legal($0).layouts }
        #expect(!legal.isEmpty)
        for layout in legal {
            #expect(layout.tensor == 2 && layout.recompute == .full && layout.schedule == .gpipe && layout.zero == 1)
        }
        let whole = LayoutSpace(recipe, accelerators: 4)
        #expect(space.size < whole.size / 20)
    }

    @Test("Where the sequence shall be split, there are tensor ranks to split it")
    func splitSequence() throws {
        let (recipe, profile) = try PlanCase(recipe: "nano", nodes: 1, perNode: 4).load()
        var fixed = PlanRequest.Fixed()
        fixed.sequenceParallel = true
        let space = LayoutSpace(recipe, accelerators: 4, fixed: fixed)
        let legal = space.degrees.flatMap { space.legal($0).layouts }
        #expect(!legal.isEmpty && legal.allSatisfy { $0.tensor > 1 })
        fixed.tensor = 1
        let error = #expect(throws: Diagnostic.self) {
            try LayoutPlan(recipe, on: profile, PlanRequest(nodes: 1, fixed: fixed))
        }
        #expect(error?.code == "layout.sequence-parallel")
    }

    @Test("Engines are not asked for what they do not do")
    func engines() throws {
        func legal(_ style: EngineStyle) throws -> [Layout] {
            let recipe = try Recipe.load("nano", overrides: ["layout.style=\(style.rawValue)", "model.layers=8"])
            let space = LayoutSpace(recipe, accelerators: 8)
            #expect(
                space.size
                    == space.degrees.reduce(0) {
                        let found = space.legal($1)
                        return $0 + found.layouts.count + found.rejected.total
                    })
            return space.degrees.flatMap { space.legal($0).layouts }
        }
        let sharded = try legal(.fsdp)
        #expect(!sharded.isEmpty && sharded.allSatisfy { $0.pipeline == 1 && $0.zero >= 2 })
        let megatron = try legal(.megatron)
        #expect(megatron.contains { $0.schedule == .interleaved } && megatron.allSatisfy { $0.zero <= 1 })
        // Selective recomputation is its own there.
        #expect(megatron.contains { $0.recompute == .selective })
        #expect(try legal(.deepspeed).allSatisfy { $0.schedule == .oneForwardOneBackward })
    }
}
