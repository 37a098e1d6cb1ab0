import Diagnostics
import Foundation
import Testing

@testable import Recipes

@Suite("Model families") struct FamilyTests {
    /// ``minimalRecipe`` as a Llama with further keys of the model.
    private func llama(_ keys: String..., heads: Int = 4) throws -> Recipe {
        let model = (["family: llama", "heads: \(heads)"] + keys).joined(separator: "\n  ")
        return try Recipe.parse(minimalRecipe.replacingOccurrences(of: "heads: 4", with: model), file: "r.yaml")
    }

    private func refusal(_ keys: String..., heads: Int = 4) throws -> Diagnostic {
        try #require(
            #expect(throws: Diagnostic.self) {
                let model = (["family: llama", "heads: \(heads)"] + keys).joined(separator: "\n  ")
                _ = try Recipe.parse(minimalRecipe.replacingOccurrences(of: "heads: 4", with: model), file: "r.yaml")
            })
    }

    @Test("Each family has its defaults")
    func defaults() throws {
        let model = try llama().model
        #expect(model.family == .llama && model.keyValueHeads == 4 && model.rotaryBase == 10_000 && !model.tiedHead)
        let gpt2 = try Recipe.parse(
            minimalRecipe.replacingOccurrences(of: "model:", with: "model:\n  family: gpt2")
        ).model
        #expect(gpt2.family == .gpt2 && gpt2.keyValueHeads == 4 && gpt2.tiedHead)
        #expect(try Recipe.parse(minimalRecipe).model.family == .bloom)
    }

    @Test("A Llama's own keys are read, and survive writing and reading")
    func roundTrip() throws {
        let recipe = try llama("key_value_heads: 2", "rotary_base: 500_000", "tied_head: true")
        #expect(recipe.model.keyValueHeads == 2 && recipe.model.rotaryBase == 500_000 && recipe.model.tiedHead)
        for key in ["key_value_heads: 2", "rotary_base: 500000", "tied_head: true"] {
            #expect(recipe.yaml.contains("  \(key)\n"))
        }
        #expect(try Recipe.parse(recipe.yaml) == recipe)
    }

    @Test("Stretched rotary positions are read, written only where they are, and must be sound")
    func rotaryScaling() throws {
        let keys = "low_frequency_factor: 1, high_frequency_factor: 4, original_length: 8192}"
        let recipe = try llama("rotary_scaling: {factor: 8, \(keys)")
        #expect(
            recipe.model.rotaryScaling
                == .init(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192))
        #expect(try Recipe.parse(recipe.yaml) == recipe)
        #expect(try !llama().yaml.contains("rotary_scaling"))
        let place = "model.rotary_scaling."
        #expect(try refusal("rotary_scaling: {factor: 0.5, \(keys)").location?.key == place + "factor")
        let turned = keys.replacingOccurrences(of: "high_frequency_factor: 4", with: "high_frequency_factor: 1")
        #expect(
            try refusal("rotary_scaling: {factor: 8, \(turned)").location?.key == place + "high_frequency_factor")
        #expect(try refusal("rotary_scaling: {factor: 8}").location?.key == place + "low_frequency_factor")
    }

    @Test("The resolved form of other families has none of these keys, so that their digests stay")
    func silent() throws {
        for name in ["nano", "nano-gpt2"] {
            let yaml = try Recipe.load(name).yaml
            for key in ["key_value_heads", "rotary_base", "rotary_scaling", "tied_head"] {
                #expect(!yaml.contains(key))
            }
        }
    }

    @Test("How the embedding starts is the family's unless a recipe says otherwise, and is written only then")
    func initialEmbedding() throws {
        #expect(try Recipe.load("nano").model.initialEmbedding == .xavierUniform)
        #expect(try Recipe.load("nano-llama").model.initialEmbedding == .normal)
        for name in ["nano", "nano-llama", "nano-gpt2", "demo"] {
            #expect(try !Recipe.load(name).yaml.contains("initial_embedding"))
        }
        // BLOOM was trained with Adam: Megatron-DeepSpeed takes Xavier's start with bitsandbytes' optimiser only.
        for name in Recipe.shippedNames() where name.hasPrefix("bloom-") {
            let recipe = try Recipe.load(name)
            #expect(recipe.model.initialEmbedding == .normal && recipe.yaml.contains("  initial_embedding: normal\n"))
            #expect(try Recipe.parse(recipe.yaml) == recipe)
        }
        #expect(try llama("initial_embedding: xavier_uniform").model.initialEmbedding == .xavierUniform)
        #expect(try refusal("initial_embedding: zero").location?.line == 7)
    }

    @Test("Each family's traits say what its recipes may")
    func traits() throws {
        for family in Recipe.Model.Family.allCases {
            let traits = family.traits
            let model = Recipe.Model(
                family: family, layers: 1, hidden: 8, heads: 2, ffn: 16, sequenceLength: 8, vocabulary: 264)
            #expect(model.tiedHead == traits.tiesHead && model.initialEmbedding == traits.initialEmbedding)
            var recipe = try Recipe.load("nano")
            recipe.model = model
            func refuses(_ change: (inout Recipe.Model) -> Void) -> Bool {
                var changed = recipe
                change(&changed.model)
                do throws(Diagnostic) {
                    try changed.validate()
                    return false
                } catch {
                    return error.code == "recipe.family"
                }
            }
            #expect(refuses { $0.keyValueHeads = 1 } == !traits.groupsQueries, "\(family)")
            #expect(refuses { $0.tiedHead.toggle() } == !traits.choosesHead, "\(family)")
        }
    }

    @Test("A key that means nothing to the family is refused at its line", arguments: ["bloom", "gpt2"])
    func foreignKeys(family: String) throws {
        for key in ["key_value_heads: 2", "rotary_base: 10_000", "rotary_scaling: {factor: 8}", "tied_head: true"] {
            let text = minimalRecipe.replacingOccurrences(
                of: "heads: 4", with: "heads: 4\n  family: \(family)\n  \(key)")
            let error = try #require(#expect(throws: Diagnostic.self) { try Recipe.parse(text, file: "r.yaml") })
            #expect(error.code == "recipe.family")
            #expect(error.location?.line == 7)
        }
    }

    @Test("A value that is no truth value is refused")
    func truth() throws {
        #expect(try refusal("tied_head: yes").code == "recipe.wrong-type")
        #expect(try refusal("tied_head: 1").expected == "true or false")
    }

    @Test("Heads of keys and values divide the heads, and with them the tensor degrees")
    func keyValueHeads() throws {
        let error = try refusal("key_value_heads: 3")
        #expect(error.code == "recipe.key-value-heads")
        #expect(error.location?.key == "model.key_value_heads")
        #expect(error.expected == "one of 1, 2, 4")
        let recipe = try llama("key_value_heads: 2")
        #expect(recipe.legalTensorDegrees == [1, 2])
        let layout = #expect(throws: Diagnostic.self) { try recipe.validate(Layout(tensor: 4)) }
        #expect(layout?.expected == "one of 1, 2")
        #expect(try Recipe.load("nano-llama").legalTensorDegrees == [1, 2])
    }

    @Test("Segments divide the width of queries, keys and values")
    func attentionWidth() throws {
        // 8 heads of 4 and 2 × 1 of keys and values make 40; 2 × 1 of them with 4 heads of 8 make 48.
        #expect(try llama("key_value_heads: 1", heads: 8).model.attentionWidth == 40)
        let error = try refusal("key_value_heads: 1", heads: 16)
        #expect(error.code == "recipe.segments")
        #expect(error.location?.key == "model.key_value_heads")
        #expect(error.found == "1")
        #expect(error.expected == "one of 2, 4, 8, 16")
    }

    @Test("Rotary positions need an even head size, falling frequencies and exact angles")
    func rotary() throws {
        let odd = try refusal(heads: 32)
        #expect(odd.code == "recipe.rotary")
        #expect(odd.location?.key == "model.heads")
        #expect(odd.expected == "one of 1, 2, 4, 8, 16")
        #expect(try refusal("rotary_base: 1").location?.key == "model.rotary_base")
        var long = try llama()
        long.model.sequenceLength = 1 << 20
        try long.validate()
        long.model.sequenceLength = 1 << 21
        #expect(throws: Diagnostic.self) { try long.validate() }
    }

    @Test("A model of another family with a Llama's choices is refused, however it was made")
    func inMemory() throws {
        var recipe = try Recipe.load("nano-gpt2")
        recipe.model.tiedHead = false
        #expect(throws: Diagnostic.self) { try recipe.validate() }
        recipe = try Recipe.load("nano")
        recipe.model.keyValueHeads = 2
        #expect(throws: Diagnostic.self) { try recipe.validate() }
    }

    @Test("Parameter counts equal the published ones to the last digit")
    func parameterCounts() throws {
        var gpt2 = try Recipe.load("gpt2-124m").model
        #expect(gpt2.parameterCount == 124_439_808 + 7 * 768)
        gpt2.paddedVocabulary = gpt2.vocabulary
        #expect(gpt2.parameterCount == 124_439_808)
        // Llama 3 8B, with grouped queries.
        let llama3 = Recipe.Model(
            family: .llama, layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, ffn: 14336, sequenceLength: 8192,
            vocabulary: 128_256, rotaryBase: 500_000)
        #expect(llama3.parameterCount == 8_030_261_248)
        // Llama 3.2 1B, with a tied head.
        let small = Recipe.Model(
            family: .llama, layers: 16, hidden: 2048, heads: 32, keyValueHeads: 8, ffn: 8192, sequenceLength: 8192,
            vocabulary: 128_256, rotaryBase: 500_000, tiedHead: true)
        #expect(small.parameterCount == 1_235_814_400)
    }
}
