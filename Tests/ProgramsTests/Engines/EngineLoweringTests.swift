import Recipes
import Testing

@testable import Programs

@Suite("Programs of other engines' styles") struct EngineLoweringTests {
    static func recipe(_ layout: Layout, family: Recipe.Model.Family = .gpt2, global: Int = 48) -> Recipe {
        Recipe(
            name: "other", precision: .bfloat16,
            model: Recipe.Model(
                family: family, layers: 8, hidden: 96, heads: 6, sequenceLength: 64, vocabulary: 500,
                paddedVocabulary: 768),
            batch: Recipe.Batch(global: global),
            optimizer: Recipe.Optimizer(
                learningRatePeak: 1e-2, learningRateMinimum: 1e-3, warmupSamples: 32, decaySamples: 320,
                trainSamples: 160),
            layout: layout)
    }

    /// Layouts of every style, some of which no rule of Serre's arithmetic would allow.
    static let layouts: [Layout] = EngineStyle.allCases.filter { $0 != .serre }.flatMap { style in
        [(1, 1, 1), (3, 1, 1), (2, 4, 1), (1, 3, 1), (2, 2, 2), (1, 4, 2)].flatMap { tensor, pipeline, interleave in
            [(1, 0), (3, 1), (2, 2), (3, 3)].flatMap { data, zero in
                Layout.Recompute.allCases.map {
                    Layout(
                        tensor: tensor, pipeline: pipeline, interleave: interleave, data: data, microBatch: 2,
                        schedule: interleave > 1 ? .interleaved : .oneForwardOneBackward, zero: zero,
                        sequenceParallel: tensor > 1 && data == 2, recompute: $0, style: style)
                }
            }
        }
    }

    @Test("With every layout messages meet, collectives match, and nothing is read before it is written")
    func sound() throws {
        for layout in Self.layouts {
            for family in [Recipe.Model.Family.gpt2, .llama] {
                let recipe = Self.recipe(layout, family: family)
                let programs = try Lowering.programs(recipe)
                let problems = Checker.problems(in: programs, layout: layout)
                #expect(problems.isEmpty, "\(layout), \(layout.style), \(family): \(problems.first?.description ?? "")")
            }
        }
    }

    @Test("Their products are the model's: 24·h² and more per token and layer, three times, four with a second forward")
    func operations() throws {
        for (recompute, passes) in [(Layout.Recompute.none, 3.0), (.full, 4)] {
            let recipe = Self.recipe(Layout(microBatch: 2, zero: 0, recompute: recompute, style: .megatron), global: 2)
            let program = try Lowering.program(recipe, at: Coordinate(rank: 0, in: recipe.layout))
            let done = program.passes.flatMap(\.instructions).reduce(0.0) { $0 + $1.work(in: program).matrixOperations }
            let (h, s, l, v) = (96.0, 64.0, 8.0, 768.0)
            let layers = passes * 2 * s * l * (24 * h * h + 4 * s * h)
            #expect(done == layers + 3 * 2 * s * 2 * h * v)
        }
    }

    @Test("Only ZeRO-3 gathers parameters, layer by layer and beside the computing; ZeRO-1 at the step's end")
    func gathers() throws {
        func gathers(_ zero: Int) throws -> [Stream] {
            let recipe = Self.recipe(Layout(data: 4, microBatch: 1, zero: zero, style: .fsdp))
            let program = try Lowering.program(recipe, at: Coordinate(rank: 0, in: recipe.layout))
            return program.passes.flatMap(\.instructions).compactMap {
                guard case .collective(let operation) = $0.operation, operation.kind == .allGather else { return nil }
                return $0.stream
            }
        }
        #expect(try gathers(0) == [])
        #expect(try gathers(1) == [.compute])
        // Eight layers and the tied table, in the forward and in the backward.
        #expect(try gathers(3) == Array(repeating: .communication, count: 2 * (8 + 1)))
    }

    @Test("Sharding more holds less: gradients, then parameters, and a second forward fewer activations")
    func memory() throws {
        func bytes(_ zero: Int, _ recompute: Layout.Recompute = .none) throws -> MemoryPlan {
            let recipe = Self.recipe(
                Layout(data: 4, microBatch: 1, zero: zero, recompute: recompute, style: .deepspeed))
            return MemoryPlan(try Lowering.program(recipe, at: Coordinate(rank: 0, in: recipe.layout)))
        }
        let plans = try (0...3).map { try bytes($0) }
        #expect(plans[1].bytes(of: .optimizer) == (plans[0].bytes(of: .optimizer) + 3) / 4)
        #expect(plans[2].bytes(of: .gradients) < plans[1].bytes(of: .gradients))
        #expect(plans[3].bytes(of: .parameters) < plans[2].bytes(of: .parameters) / 3)
        #expect(try bytes(1, .full).bytes(of: .activations) < plans[1].bytes(of: .activations) / 2)
    }

    @Test("Serre's trainer refuses them, and says what to do")
    func refused() throws {
        let recipe = Self.recipe(Layout(style: .megatron))
        #expect(recipe.trainingObstacles.contains { $0.location?.key == "layout.style" && $0.remedy != nil })
    }
}
