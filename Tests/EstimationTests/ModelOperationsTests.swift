import Recipes
import Testing

@testable import Estimation

@Suite("Model operations") struct ModelOperationsTests {
    @Test("BLOOM's 105 s per step on 384 accelerators with recomputation are its published 149 to 150 TFLOP/s")
    func bloom() throws {
        let model = try Recipe.load("bloom-176b").model
        let operations = ModelOperations.perStep(model, samples: 2048, recomputing: true)
        let teraflops = operations / (105 * 384) / 1e12
        #expect((148.5...150.5).contains(teraflops))
        #expect(ModelOperations.perStep(model, samples: 2048) * 4 == operations * 3)
    }

    @Test("Equation 3, term by term")
    func formula() {
        let model = Recipe.Model(layers: 2, hidden: 8, heads: 2, sequenceLength: 24, vocabulary: 512)
        // 24·3·B·s·l·h² = 24·3·5·24·2·64; 1 + s/(6h) + V/(16lh) = 1 + 0.5 + 2.
        let expected = 24.0 * 3 * 5 * 24 * 2 * 64 * 3.5
        #expect(abs(ModelOperations.perStep(model, samples: 5) - expected) < 1e-9 * expected)
    }

    @Test("A wider MLP adds its two products, forward and twice backward")
    func width() {
        let narrow = Recipe.Model(layers: 3, hidden: 8, heads: 2, ffn: 32, sequenceLength: 16, vocabulary: 257)
        let wide = Recipe.Model(layers: 3, hidden: 8, heads: 2, ffn: 40, sequenceLength: 16, vocabulary: 257)
        let more = ModelOperations.perStep(wide, samples: 1) - ModelOperations.perStep(narrow, samples: 1)
        #expect(abs(more - 3 * 2 * 2 * 3 * 16 * 8 * 8) < 1e-6)
    }

    @Test("A Llama's gated MLP and grouped queries count by their own matrices")
    func llama() {
        let model = Recipe.Model(
            family: .llama, layers: 3, hidden: 64, heads: 8, keyValueHeads: 2, ffn: 176, sequenceLength: 16,
            vocabulary: 257)
        // Per token: six operations per weight of a layer's matrices, 12·l·s·h for scores and values, and equation 3's
        // 4.5·h·V for the head.
        let layer = 64 * 96 + 64 * 64 + 3 * 64 * 176
        let scores = 12 * 3 * 16 * 64
        let head = 4.5 * 257 * 64
        let expected = 16 * (Double(6 * 3 * layer + scores) + head)
        #expect(abs(ModelOperations.perStep(model, samples: 1) - expected) < 1e-9 * expected)
    }
}
