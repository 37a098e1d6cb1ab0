import Recipes
import Testing

@testable import Programs

/// Llama and GPT-2 through the lowering that BLOOM takes.
@Suite("Families") struct FamilyTests {
    static let names = ["nano-llama", "nano-gpt2"]

    static func recipe(_ name: String, _ layout: Layout = Layout(microBatch: 2)) throws -> Recipe {
        var recipe = try Recipe.load(name)
        recipe.layout = layout
        return recipe
    }

    @Test("The tensors of every shipped recipe add up to its parameter count", arguments: Recipe.shippedNames())
    func counts(name: String) throws {
        let recipe = try Recipe.load(name)
        let all = ModelParameters(recipe.model).all
        #expect(all.reduce(0) { $0 + $1.count } == recipe.parameterCount)
        #expect(Set(all.map(\.name)).count == all.count)
    }

    private func described(_ specs: [ParameterSpec]) -> [String] {
        specs.map { "\($0.name) \($0.rows)×\($0.columns) \($0.sharding)" }
    }

    @Test("Llama: names, shapes and shardings")
    func llama() throws {
        let parameters = ModelParameters(try Self.recipe("nano-llama").model)
        #expect(described([parameters.embedding]) == ["embed_tokens.weight 264×64 rows"])
        #expect(parameters.beforeLayers.isEmpty)
        #expect(
            described(parameters.layers[1]) == [
                "layers.1.input_layernorm.weight 64×1 replicated", "layers.1.self_attn.qkv_proj.weight 128×64 rows",
                "layers.1.self_attn.o_proj.weight 64×64 rows",
                "layers.1.post_attention_layernorm.weight 64×1 replicated",
                "layers.1.mlp.gate_up_proj.weight 352×64 rows", "layers.1.mlp.down_proj.weight 176×64 rows",
            ])
        #expect(described(parameters.afterLayers) == ["norm.weight 64×1 replicated", "lm_head.weight 264×64 rows"])
        var tied = try Self.recipe("nano-llama").model
        tied.tiedHead = true
        #expect(described(ModelParameters(tied).afterLayers) == ["norm.weight 64×1 replicated"])
    }

    @Test("GPT-2: names, shapes and shardings")
    func gpt2() throws {
        let parameters = ModelParameters(try Self.recipe("nano-gpt2").model)
        #expect(described([parameters.embedding]) == ["wte.weight 264×64 rows"])
        #expect(described(parameters.beforeLayers) == ["wpe.weight 32×64 replicated"])
        #expect(
            described(parameters.layers[3]) == [
                "h.3.ln_1.weight 64×1 replicated", "h.3.ln_1.bias 64×1 replicated",
                "h.3.attn.c_attn.weight 192×64 rows", "h.3.attn.c_attn.bias 192×1 rows",
                "h.3.attn.c_proj.weight 64×64 rows", "h.3.attn.c_proj.bias 64×1 replicated",
                "h.3.ln_2.weight 64×1 replicated", "h.3.ln_2.bias 64×1 replicated",
                "h.3.mlp.c_fc.weight 256×64 rows", "h.3.mlp.c_fc.bias 256×1 rows",
                "h.3.mlp.c_proj.weight 256×64 rows", "h.3.mlp.c_proj.bias 64×1 replicated",
            ])
        #expect(described(parameters.afterLayers) == ["ln_f.weight 64×1 replicated", "ln_f.bias 64×1 replicated"])
    }

    @Test("Weights start as published: GPT-2 scales its projections, Llama does not; no embedding starts uniform")
    func initialization() throws {
        func start(_ recipe: String, _ name: String) throws -> ParameterSpec.Initialization? {
            ModelParameters(try Self.recipe(recipe).model).all.first { $0.name == name }?.initialization
        }
        let plain = ParameterSpec.Initialization.normal(standardDeviation: 0.02)
        for name in ["embed_tokens", "layers.0.mlp.down_proj", "layers.0.self_attn.o_proj", "lm_head"] {
            #expect(try start("nano-llama", name + ".weight") == plain)
        }
        for name in ["wte", "wpe", "h.0.attn.c_attn", "h.0.mlp.c_fc"] {
            #expect(try start("nano-gpt2", name + ".weight") == plain)
        }
        let scaled = ParameterSpec.Initialization.normal(standardDeviation: 0.02 / 8.0.squareRoot())
        for name in ["attn", "mlp"] { #expect(try start("nano-gpt2", "h.2.\(name).c_proj.weight") == scaled) }
    }

    static let layouts: [Layout] = [1, 2].flatMap { tensor in
        [1, 2, 4].flatMap { pipeline in
            [1, 2].flatMap { data in
                Layout.Recompute.allCases.map {
                    Layout(
                        tensor: tensor, pipeline: pipeline, data: data, microBatch: 2, zero: data - 1, recompute: $0)
                }
            }
        }
    }

    @Test("Programs have no problems", arguments: names, layouts)
    func sound(name: String, layout: Layout) throws {
        let programs = try Lowering.programs(Self.recipe(name, layout))
        #expect(Checker.problems(in: programs, layout: layout).isEmpty)
    }

    @Test("A tied Llama is sound too, and sums head and look-up apart", arguments: [1, 2])
    func tied(pipeline: Int) throws {
        let layout = Layout(pipeline: pipeline, microBatch: 4)
        var recipe = try Self.recipe("nano-llama", layout)
        recipe.model.tiedHead = true
        let programs = try Lowering.programs(recipe)
        #expect(Checker.problems(in: programs, layout: layout).isEmpty)
        #expect(programs[0].buffer(named: "look-up gradient") != nil)
    }

    @Test("With a head of its own nothing is exchanged between the ends, and each end holds its matrix alone")
    func untied() throws {
        let layout = Layout(pipeline: 2, data: 2, microBatch: 2)
        for program in try Lowering.programs(Self.recipe("nano-llama", layout)) {
            #expect(try LoweringTests.collectives(program, "reduce gradients", .tied).isEmpty)
            #expect(try LoweringTests.collectives(program, "reduce gradients", .data).count == 1)
            let isFirst = program.coordinate.pipeline == 0
            #expect((program.shard.entry(named: "embed_tokens.weight") != nil) == isFirst)
            #expect((program.shard.entry(named: "lm_head.weight") != nil) == !isFirst)
            #expect(program.buffer(named: "look-up gradient") == nil)
        }
    }

    @Test("Every parameter's gradient is written by one instruction of the backward", arguments: names)
    func gradients(name: String) throws {
        let program = try #require(try Lowering.programs(Self.recipe(name)).first)
        let sums = program.passes[try program.pass("backward")].instructions.filter { $0.operation.laneFold != nil }
        for entry in program.shard.entries {
            let part = Operand(BufferID(1), offset: entry.offset, count: entry.count)
            #expect(sums.filter { $0.writes.contains(part) }.count == 1, "\(entry.parameter.name)")
        }
    }

    @Test("A Llama's step does the matrix operations that its weights ask for, on every layout", arguments: layouts)
    func work(layout: Layout) throws {
        guard layout.recompute == .none else { return }
        let m = try Self.recipe("nano-llama").model
        let tokens = 16 * m.sequenceLength
        let weights = m.layers * (m.attentionWidth + m.hidden + 3 * m.ffn) * m.hidden + m.paddedVocabulary * m.hidden
        let attention = m.layers * tokens * m.sequenceLength * m.hidden
        let programs = try Lowering.programs(Self.recipe("nano-llama", layout))
        #expect(WorkTests.stepOperations(programs) == Double(6 * weights * tokens + 2 * (2 + 5) * attention))
    }
}
