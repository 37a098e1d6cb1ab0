import Diagnostics
import Testing

@testable import Recipes

@Suite("Shipped recipes") struct ShippedRecipesTests {
    static let parameterCounts: [(String, Int)] = [
        ("bloom-560m", 559_214_592), ("bloom-1b1", 1_065_314_304), ("bloom-1b7", 1_722_408_960),
        ("bloom-3b", 3_002_557_440), ("bloom-7b1", 7_069_016_064), ("bloom-176b", 176_247_271_424),
        ("llama-2-7b", 6_738_415_616), ("llama-3-405b", 405_853_388_800),
    ]

    @Test("Parameter counts equal the published ones to the last digit", arguments: parameterCounts)
    func parameterCount(name: String, published: Int) throws {
        #expect(try Recipe.load(name).parameterCount == published)
    }

    @Test("Every shipped recipe loads and its resolved form reads back equal", arguments: Recipe.shippedNames())
    func roundTrip(name: String) throws {
        let recipe = try Recipe.load(name)
        #expect(recipe.name == name)
        let resolved = try Recipe.parse(recipe.yaml)
        #expect(resolved == recipe)
        #expect(resolved.yaml == recipe.yaml)
    }

    @Test("All the recipes that the documentation names are there")
    func names() {
        #expect(
            Recipe.shippedNames() == [
                "bloom-176b", "bloom-1b1", "bloom-1b7", "bloom-3b", "bloom-560m", "bloom-7b1", "demo", "gpt-1t",
                "gpt2-124m", "gpt3-175b", "llama-2-7b", "llama-3-405b", "nano", "nano-6-heads", "nano-gpt2",
                "nano-llama",
            ])
    }

    @Test("BLOOM 176B has the facts of the production run")
    func bloom176B() throws {
        let recipe = try Recipe.load("bloom-176b")
        #expect(recipe.layout == Layout(tensor: 4, pipeline: 12, data: 8, microBatch: 2, zero: 1, recompute: .full))
        #expect(recipe.layout.ranks == 384)
        #expect(recipe.lanes == 8)
        #expect(recipe.precision == .bfloat16)
        #expect(recipe.batch == .init(global: 2048, rampUp: .init(start: 192, increment: 16, samples: 9_765_625)))
        #expect(
            recipe.optimizer
                == .init(
                    learningRatePeak: 6e-5, learningRateMinimum: 6e-6, warmupSamples: 183_105,
                    decaySamples: 200_000_000, trainSamples: 220_000_000))
        #expect(recipe.model.initialStandardDeviation == 0.0048)
        #expect(recipe.model.headSize == 128)
    }

    @Test("Models known by their published size alone", arguments: [("gpt3-175b", 174.6), ("gpt-1t", 1008.0)])
    func billions(name: String, published: Double) throws {
        // Narayanan et al. 2021, tables 1 and 2.
        let billions = Double(try Recipe.load(name).parameterCount) / 1e9
        #expect((billions * 10).rounded() == (published * 10).rounded())
    }

    @Test("What training cannot do yet is said, with the key; nano and demo have no obstacle")
    func obstacles() throws {
        let keys = try Recipe.load("bloom-176b").trainingObstacles.map { $0.location?.key }
        #expect(keys == ["data.tokenizer"])
        for name in ["nano", "nano-6-heads", "nano-llama", "nano-gpt2", "demo"] {
            #expect(try Recipe.load(name).trainingObstacles.isEmpty)
        }
        let remedied = try Recipe.load(
            "bloom-560m", overrides: ["precision=bfloat16", "batch.ramp_up=null", "data.tokenizer=bytes"])
        #expect(remedied.trainingObstacles.isEmpty)
        let half = try Recipe.load("nano", overrides: ["precision=float16"])
        #expect(half.trainingObstacles.map { $0.location?.key } == ["precision"])
    }

    @Test("nano is legal on every layout of the promise's matrix")
    func nanoMatrix() throws {
        let nano = try Recipe.load("nano")
        for tensor in [1, 2, 4] {
            for pipeline in [1, 2, 4] {
                for data in [1, 2, 4] {
                    for microBatch in [1, 2, 4] {
                        for zero in [0, 1] {
                            try nano.validate(
                                Layout(
                                    tensor: tensor, pipeline: pipeline, data: data, microBatch: microBatch, zero: zero))
                        }
                    }
                }
            }
        }
    }

    @Test("nano-6-heads allows tensor degrees 1 and 2 only")
    func sixHeads() throws {
        let recipe = try Recipe.load("nano-6-heads")
        #expect(recipe.legalTensorDegrees == [1, 2])
        #expect(throws: Diagnostic.self) { try recipe.validate(Layout(tensor: 4, microBatch: 4)) }
    }
}
