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

    @Test("PyTorch's pipelines with one group of micro-batches are sound")
    func oneGroup() throws {
        for interleave in [1, 2] {
            let layout = Layout(
                pipeline: 4, interleave: interleave, data: 2, microBatch: 2,
                schedule: interleave > 1 ? .interleaved : .oneForwardOneBackward, zero: 3, style: .fsdp)
            let recipe = Self.recipe(layout, family: .llama, global: 16)
            #expect(Checker.problems(in: try Lowering.programs(recipe), layout: layout).isEmpty)
        }
    }

    // MARK: What FSDP holds

    /// A program of the first rank, and its buffers by name.
    static func held(
        _ layout: Layout, family: Recipe.Model.Family = .llama, stage: Int = 0
    ) throws -> (program: Program, bytes: [String: Int]) {
        let recipe = recipe(layout, family: family)
        let program = try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
        let bytes = program.buffers.map { ($0.name, $0.count * $0.elementType.bytes) }
        return (program, Dictionary(bytes, uniquingKeysWith: max))
    }

    @Test("FSDP's outermost group stays gathered, and so much is kept for its all-gather; DeepSpeed's does not")
    func root() throws {
        let layout = Layout(data: 4, microBatch: 1, zero: 3, style: .fsdp)
        // Embedding and head of 768 · 96 parameters each; GPT-2's share one.
        let table = 768 * 96 * 2
        #expect(try Self.held(layout).bytes["root's parameters"] == 2 * table)
        #expect(try Self.held(layout).bytes["all-gathers"] == 2 * table)
        #expect(try Self.held(layout, family: .gpt2).bytes["root's parameters"] == table)
        var other = layout
        other.style = .deepspeed
        #expect(try Self.held(other).bytes["root's parameters"] == nil)
    }

    @Test(
        "Selective checkpointing by operation keeps attention's output and every second product's, as they are counted")
    func selective() throws {
        func kept(_ layout: Layout) throws -> Int? { try Self.held(layout).bytes["h.0 kept"] }
        var layout = Layout(data: 2, microBatch: 1, zero: 3, recompute: .selective, style: .fsdp)
        let inner = Self.recipe(layout, family: .llama).model.ffn
        // Queries, values and attention's output of 96, the MLP's first product, and a float32 per head.
        #expect(try kept(layout) == 64 * (2 * (3 * 96 + inner) + 4 * 6))
        layout.tensor = 3
        layout.sequenceParallel = true
        // A third of each, and the sum after attention for a third of the tokens, which 64 is not a multiple of.
        #expect(try kept(layout) == 64 * (2 * (3 * 32 + inner / 3) + 4 * 2) + 2 * 22 * 96)
    }

    @Test("Under a pipeline a chunk's gradients are whole from its first backward to its last")
    func openGradients() throws {
        func open(_ microbatches: Int, _ stage: Int, style: EngineStyle = .fsdp) -> Int {
            let order = Schedule.Order(
                .interleaved, stage: stage, stages: 4, microbatches: microbatches, chunks: 2, style: style)
            return Schedule.mostOpen(order, weights: [3, 5])
        }
        // One group of micro-batches goes back through the last chunk, then through the first: never both.
        #expect((0..<4).map { open(4, $0) } == [5, 5, 5, 5])
        #expect((0..<4).map { open(8, $0) } == [8, 8, 8, 8])
        let order = Schedule.Order(.oneForwardOneBackward, stage: 1, stages: 4, microbatches: 8)
        #expect(Schedule.mostOpen(order, weights: [7]) == 7)

        let whole = try Self.held(Layout(pipeline: 4, data: 2, microBatch: 2, zero: 3, style: .fsdp), stage: 1)
        let halves = try Self.held(
            Layout(pipeline: 4, interleave: 2, data: 2, microBatch: 6, schedule: .interleaved, zero: 3, style: .fsdp),
            stage: 1)
        // Two layers a stage, one a chunk.
        #expect(whole.bytes[Program.gradientsName] == 2 * (halves.bytes[Program.gradientsName] ?? 0))
    }

    @Test("Megatron's shards of reduced gradients lie in the buffer of gradients")
    func reducedInPlace() throws {
        func workspace(_ zero: Int) throws -> Int {
            let layout = Layout(data: 4, microBatch: 1, zero: zero, style: .megatron)
            return MemoryPlan(try Self.held(layout).program).bytes(of: .workspace)
        }
        #expect(try workspace(1) == workspace(0))
    }

    @Test("A fused loss holds the logits as stored, which GPT-2's on FSDP does anyway")
    func fusedLoss() throws {
        let layout = Layout(data: 2, microBatch: 1, zero: 3, style: .fsdp)
        let logits = 64 * 768
        let names = [Program.logitsName, Program.storedLogitsName, Program.logitGradientName]
        func bytes(_ program: Program) -> [Int?] {
            names.map { name in program.buffers.first { $0.name == name }.map { $0.count * $0.elementType.bytes } }
        }
        let program = try Self.held(layout).program
        #expect(bytes(program) == [4 * logits, 6 * logits, 10 * logits])
        #expect(bytes(program.fusingLoss(1)) == [2 * logits, 2 * logits, 2 * logits])
        #expect(bytes(program.fusingLoss(0.5)) == [3 * logits, 4 * logits, 6 * logits])
        #expect(program.fusingLoss(0) == program)
        let fused = try Self.held(layout, family: .gpt2).program
        #expect(fused.fusingLoss(1) == fused)
    }

    @Test("Serre's trainer refuses them, and says what to do")
    func refused() throws {
        let recipe = Self.recipe(Layout(style: .megatron))
        #expect(recipe.trainingObstacles.contains { $0.location?.key == "layout.style" && $0.remedy != nil })
    }
}
