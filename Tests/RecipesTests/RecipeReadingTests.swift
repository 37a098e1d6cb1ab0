import Diagnostics
import Foundation
import Testing

@testable import Recipes

/// The shortest recipe, with one line for every required key.
let minimalRecipe = """
    name: tiny
    model:
      layers: 2
      hidden: 32
      heads: 4
      sequence_length: 16
      vocabulary: 257
    batch:
      global: 8
    optimizer:
      learning_rate_peak: 1e-3
      learning_rate_minimum: 1e-4
      warmup_samples: 8
      decay_samples: 80
      train_samples: 80
    """

@Suite("Reading recipes") struct RecipeReadingTests {
    private func refusal(_ old: String, _ new: String) throws -> Diagnostic {
        let text = minimalRecipe.replacingOccurrences(of: old, with: new)
        try #require(text != minimalRecipe)
        return try #require(#expect(throws: Diagnostic.self) { try Recipe.parse(text, file: "r.yaml") })
    }

    @Test("Defaults are filled in")
    func defaults() throws {
        let recipe = try Recipe.parse(minimalRecipe)
        let expected = Recipe(
            name: "tiny", seed: 42, numerics: .exact1, precision: .float32, segments: 8, lanes: 8,
            model: .init(
                layers: 2, hidden: 32, heads: 4, ffn: 128, sequenceLength: 16, vocabulary: 257, paddedVocabulary: 264,
                layerNormEpsilon: 1e-5, initialStandardDeviation: 0.02),
            data: .init(corpus: nil, tokenizer: "bytes"), batch: .init(global: 8),
            optimizer: .init(
                learningRatePeak: 1e-3, learningRateMinimum: 1e-4, warmupSamples: 8, decaySamples: 80, beta1: 0.9,
                beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1, trainSamples: 80),
            layout: Layout(tensor: 1, pipeline: 1, data: 1, microBatch: 1, schedule: .oneForwardOneBackward, zero: 1),
            checkpoint: .init(everySteps: 0, keepLast: 2), evaluation: .init(everySteps: 0, samplesPerLanguage: 16),
            ledger: .init(code: .tracked), digestEvery: 100)
        #expect(recipe == expected)
    }

    @Test(
        "The default lanes divide every batch",
        arguments: [
            (8, nil, 8), (16, nil, 8), (12, nil, 4), (6, nil, 2), (7, nil, 1), (256, (192, 16), 8), (20, (12, 4), 4),
            (24, (16, 1), 1),
        ])
    func defaultLanes(global: Int, ramp: (Int, Int)?, lanes: Int) {
        let rampUp = ramp.map { Recipe.Batch.RampUp(start: $0.0, increment: $0.1, samples: 100) }
        #expect(Recipe.defaultLanes(for: .init(global: global, rampUp: rampUp)) == lanes)
    }

    @Test("Every resolved value survives writing and reading")
    func roundTrip() throws {
        let recipe = Recipe(
            name: "a \"name\": odd", seed: .max, numerics: .blas, precision: .bfloat16, segments: 4, lanes: 2,
            model: .init(
                layers: 6, hidden: 64, heads: 4, ffn: 128, sequenceLength: 20, vocabulary: 300, paddedVocabulary: 304,
                layerNormEpsilon: 1.1e-6, initialStandardDeviation: 0.1 + 0.2),
            data: .init(corpus: "../corpora/été 1", tokenizer: "my.tokenizer"),
            batch: .init(global: 16, rampUp: .init(start: 8, increment: 4, samples: 77)),
            optimizer: .init(
                learningRatePeak: 1.0 / 3, learningRateMinimum: 0, warmupSamples: 0, decaySamples: 999, beta1: 0,
                beta2: 0.99, epsilon: 1e-12, weightDecay: 0, clip: 0.5, trainSamples: 1_000_000_000_000),
            layout: Layout(tensor: 2, pipeline: 4, data: 2, microBatch: 2, schedule: .gpipe, zero: 0),
            checkpoint: .init(everySteps: 3, keepLast: 9, asynchronous: false),
            guardPolicy: .init(
                nonFinite: .rollBack, spike: .skip, spikeWindow: 5, spikeFactor: 1.0 / 3, skipMost: 0, rollBackMost: 9),
            evaluation: .init(everySteps: 4, samplesPerLanguage: 5),
            ledger: .init(code: .all, segmentSteps: 7, segmentMinutes: 1440),
            audit: .init(replicasEvery: 5, repeatEvery: 11), digestEvery: 7)
        try recipe.validate()
        #expect(try Recipe.parse(recipe.yaml) == recipe)
    }

    @Test("An unknown key names file, line, key and the key that was meant")
    func unknownKey() throws {
        #expect(
            try refusal("hidden: 32", "hiden: 32").description
                == "r.yaml:4: model.hiden: unknown key: expected one of family, layers, hidden, heads, key_value_heads, "
                + "ffn, sequence_length, vocabulary, padded_vocabulary, layer_norm_epsilon, rotary_base, rotary_scaling, tied_head, "
                + "initial_standard_deviation, initial_embedding, "
                + "found \"hiden\"; did you mean hidden?")
        let unit = try refusal("warmup_samples", "warmup_steps")
        #expect(unit.code == "recipe.unknown-key")
        #expect(unit.remedy == "did you mean warmup_samples?")
        #expect(try refusal("name: tiny", "name: tiny\nsead: 1").remedy == "did you mean seed?")
    }

    @Test("A value with a unit, of another type or out of range is refused at its line")
    func values() throws {
        let unit = try refusal("train_samples: 80", "train_samples: 80 samples")
        #expect(unit.code == "recipe.wrong-unit")
        #expect(unit.location == .init(file: "r.yaml", line: 15, key: "optimizer.train_samples"))
        #expect(try refusal("layers: 2", "layers: two").code == "recipe.wrong-type")
        #expect(try refusal("layers: 2", "layers: 0").code == "recipe.out-of-range")
        #expect(try refusal("layers: 2", "layers: 2\n  layers: 3").code == "recipe.duplicate-key")
        #expect(try refusal("  global: 8", "  global: -8").code == "recipe.out-of-range")
        #expect(try refusal("name: tiny", "name: tiny\nnumerics: exact").remedy == "did you mean exact-1?")
        #expect(try refusal("name: tiny", "name: tiny\nlayout: {schedule: 1f1c}").remedy == "did you mean 1f1b?")
        #expect(try refusal("name: tiny", "name: tiny\nlayout: {zero: 4}").code == "recipe.out-of-range")
        #expect(try refusal("name: tiny", "name: tiny\ndigest_every: 0").code == "recipe.out-of-range")
    }

    @Test(
        "Each required key is missed by name",
        arguments: [
            ("name: tiny\n", "name"), ("  layers: 2\n", "model.layers"), ("  hidden: 32\n", "model.hidden"),
            ("  heads: 4\n", "model.heads"), ("  sequence_length: 16\n", "model.sequence_length"),
            ("  vocabulary: 257\n", "model.vocabulary"), ("batch:\n  global: 8\n", "batch.global"),
            ("  learning_rate_peak: 1e-3\n", "optimizer.learning_rate_peak"),
            ("  learning_rate_minimum: 1e-4\n", "optimizer.learning_rate_minimum"),
            ("  warmup_samples: 8\n", "optimizer.warmup_samples"), ("  decay_samples: 80\n", "optimizer.decay_samples"),
            ("\n  train_samples: 80", "optimizer.train_samples"),
        ])
    func missing(line: String, key: String) throws {
        let error = try refusal(line, "")
        #expect(error.code == "recipe.missing-key")
        #expect(error.location?.key == key)
        #expect(error.location?.file == "r.yaml")
    }

    @Test("A rule broken by a value that is written is reported at its line; by a default, at its section")
    func validationPlace() throws {
        let heads = try refusal("heads: 4", "heads: 5")
        #expect(heads.code == "recipe.heads")
        #expect(heads.location == .init(file: "r.yaml", line: 5, key: "model.heads"))
        let padded = try refusal("name: tiny", "name: tiny\nsegments: 4\nmodel_: 0")
        #expect(padded.code == "recipe.unknown-key")
    }

    @Test("A recipe that is not there is refused with the names that are")
    func notFound() {
        let error = #expect(throws: Diagnostic.self) { try Recipe.load("bloom-176") }
        #expect(error?.code == "recipe.not-found")
        #expect(error?.remedy == "did you mean bloom-176b?")
        let path = #expect(throws: Diagnostic.self) { try Recipe.load("./none.yaml") }
        #expect(path?.location?.file == "./none.yaml")
    }

    @Test("A recipe is read from a path too")
    func path() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try minimalRecipe.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try Recipe.load(path).name == "tiny")
    }
}
