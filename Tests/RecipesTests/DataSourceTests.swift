import Diagnostics
import Testing

@testable import Recipes

@Suite("The data section") struct DataSourceTests {
    private func recipe(_ lines: String) throws(Diagnostic) -> Recipe {
        try Recipe.parse(minimalRecipe + "\n" + lines, file: "r.yaml")
    }

    @Test("a recipe without weights resolves to the text it always had")
    func standard() throws {
        let plain = try recipe("")
        #expect(plain.data.weights == nil && plain.data.samplingExponent == nil)
        #expect(!plain.yaml.contains("weights") && !plain.yaml.contains("sampling_exponent"))
    }

    @Test("weights and exponents are read, written in order and read again")
    func values() throws {
        let weighted = try recipe(
            "data:\n  corpus: tokens/web.json\n  tokenizer: bpe\n  weights: {fr: 3, en: 1.5, sw: 0}")
        #expect(weighted.data.weights == ["fr": 3, "en": 1.5, "sw": 0])
        #expect(weighted.yaml.contains("  weights:\n    en: 1.5\n    fr: 3\n    sw: 0\n"))
        #expect(try Recipe.parse(weighted.yaml) == weighted)
        let flattened = try recipe("data: {corpus: tokens/web.json, tokenizer: bpe, sampling_exponent: 0.3}")
        #expect(flattened.data.samplingExponent == 0.3)
        #expect(try Recipe.parse(flattened.yaml) == flattened)
    }

    @Test(
        "what makes no mixture is refused with the key",
        arguments: [
            ("data: {weights: {fr: -1}}", "data.weights.fr"), ("data: {weights: {fr: many}}", "data.weights.fr"),
            ("data: {weights: [1, 2]}", "data.weights"), ("data: {sampling_exponent: 1.1}", "data.sampling_exponent"),
            ("data: {weights: {fr: 1}, sampling_exponent: 0.5}", "data.sampling_exponent"),
        ])
    func refusals(lines: String, key: String) {
        let error = #expect(throws: Diagnostic.self) { try recipe(lines) }
        #expect(error?.location?.key == key && error?.exitStatus == 2)
    }

    @Test("another tokeniser than bytes trains on token files only")
    func obstacles() throws {
        let recipe = try recipe("data: {tokenizer: bpe}")
        #expect(recipe.trainingObstacles.map { $0.location?.key } == ["data.tokenizer"])
        #expect(recipe.trainingObstacles(corpus: "corpora/small").count == 1)
        #expect(recipe.trainingObstacles(corpus: "tokens/small.json").isEmpty)
    }
}
