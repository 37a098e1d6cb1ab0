import Diagnostics
import Testing

@testable import Recipes

@Suite("Legality (arithmetic A4 to A6)") struct LegalityTests {
    @Test(
        "Legal degrees leave each rank a power of two of leaves",
        arguments: [
            (1, [1]), (2, [1, 2]), (3, [1, 3]), (6, [1, 3, 6]), (8, [1, 2, 4, 8]), (12, [1, 3, 6, 12]), (7, [1, 7]),
            (96, [1, 3, 6, 12, 24, 48, 96]), (0, []),
        ])
    func degrees(leaves: Int, expected: [Int]) {
        #expect(Recipe.legalDegrees(leaves: leaves) == expected)
    }

    @Test("Legal degrees equal their definition for every small count")
    func degreesByDefinition() {
        for leaves in 1...200 {
            let expected = (1...leaves).filter { d in
                d == 1 || (leaves % d == 0 && (leaves / d).nonzeroBitCount == 1)
            }
            #expect(Recipe.legalDegrees(leaves: leaves) == expected, "\(leaves) leaves")
        }
    }

    @Test("Divisors equal their definition") func divisorsByDefinition() {
        for number in 1...150 { #expect(divisors(of: number) == (1...number).filter { number % $0 == 0 }) }
    }

    private func nano(_ change: (inout Recipe) -> Void) throws -> Recipe {
        var recipe = try Recipe.load("nano")
        change(&recipe)
        return recipe
    }

    private func refusal(_ change: (inout Recipe) -> Void) throws -> Diagnostic {
        let recipe = try nano(change)
        return try #require(#expect(throws: Diagnostic.self) { try recipe.validate() })
    }

    @Test("Heads divide the hidden size")
    func heads() throws {
        let error = try refusal { $0.model.heads = 5 }
        #expect(error.code == "recipe.heads")
        #expect(error.expected == "one of 1, 2, 4, 8, 16, 32, 64")
        // Many divisors: only the neighbours are named.
        let wide = try refusal {
            $0.model.hidden = 960
            $0.model.heads = 7
        }
        #expect(wide.expected == "6 or 8 (the nearest legal values)")
    }

    @Test(
        "Segments divide every length that tensor parallelism could split",
        arguments: [
            ("model.hidden", 60, "56 or 64"), ("model.ffn", 257, "256 or 264"),
            ("model.padded_vocabulary", 260, "256 or 264"),
            ("model.sequence_length", 33, "32 or 40"), ("model.sequence_length", 7, "8"),
        ])
    func segments(key: String, value: Int, nearest: String) throws {
        let error = try refusal {
            switch key {
            case "model.hidden": $0.model.hidden = value
            case "model.ffn": $0.model.ffn = value
            case "model.padded_vocabulary": $0.model.paddedVocabulary = value
            default: $0.model.sequenceLength = value
            }
        }
        #expect(error.code == "recipe.segments")
        #expect(error.location?.key == key)
        #expect(error.expected == nearest)
        #expect(error.found == "\(value)")
    }

    @Test("The vocabulary holds the bytes, and its padding holds the vocabulary")
    func vocabulary() throws {
        #expect(try refusal { $0.model.vocabulary = 256 }.location?.key == "model.vocabulary")
        try nano {
            $0.model.vocabulary = 256
            $0.data.tokenizer = "other"
        }.validate()
        #expect(try refusal { $0.model.vocabulary = 265 }.location?.key == "model.padded_vocabulary")
    }

    @Test("Lanes divide the global batch and the ramp's numbers")
    func lanes() throws {
        let error = try refusal { $0.batch.global = 20 }
        #expect(error.code == "recipe.lanes")
        #expect(error.location?.key == "batch.global")
        #expect(error.expected == "16 or 24")
        #expect(try refusal { $0.batch.global = 4 }.expected == "8")
        let ramp = Recipe.Batch.RampUp(start: 8, increment: 4, samples: 64)
        #expect(try refusal { $0.batch.rampUp = ramp }.location?.key == "batch.ramp_up.increment")
    }

    @Test("Whole increments lead from the ramp's start to the global batch", arguments: [(8, 24), (24, 8)])
    func rampUp(start: Int, increment: Int) throws {
        let error = try refusal {
            $0.batch.rampUp = .init(start: start, increment: increment, samples: 64)
            $0.layout.microBatch = 1
        }
        #expect(error.code == "recipe.ramp-up")
        #expect(error.location?.key == (start > 16 ? "batch.ramp_up.start" : "batch.ramp_up.increment"))
        #expect(error.expected == (start > 16 ? "at most 16, the global batch" : "8"))
    }

    @Test("A ramp does not grow by nothing")
    func noIncrement() {
        let error = #expect(throws: Diagnostic.self) {
            try Recipe.load("nano", overrides: ["batch.ramp_up={start: 8, increment: 0, samples: 64}"])
        }
        #expect(error?.location?.key == "batch.ramp_up.increment" && error?.found == "0")
    }

    @Test("The learning rate's minimum, the decay and the length must make sense")
    func optimizer() throws {
        #expect(try refusal { $0.optimizer.learningRateMinimum = 1 }.code == "recipe.learning-rate")
        #expect(try refusal { $0.optimizer.warmupSamples = 320 }.code == "recipe.decay")
        #expect(try refusal { $0.optimizer.trainSamples = 0 }.code == "recipe.train-samples")
        #expect(try refusal { $0.segments = 0 }.code == "recipe.size")
    }

    @Test(
        "Illegal degrees are refused with the legal ones",
        arguments: [
            (Layout(tensor: 3), "layout.tensor", "one of 1, 2, 4"),
            (Layout(tensor: 8), "layout.tensor", "one of 1, 2, 4"),
            (Layout(pipeline: 5), "layout.pipeline", "one of 1, 2, 3, 4"),
            (Layout(data: 3), "layout.data", "one of 1, 2, 4, 8"),
            (Layout(data: 16), "layout.data", "one of 1, 2, 4, 8"),
            (Layout(data: 4, microBatch: 3), "layout.micro_batch", "one of 1, 2, 4"),
            (Layout(microBatch: 32), "layout.micro_batch", "one of 1, 2, 4, 8, 16"),
            (Layout(zero: 4), "layout.zero", "one of 0, 1, 2, 3"),
            (Layout(zero: -1), "layout.zero", "one of 0, 1, 2, 3"),
            (Layout(tensor: 0), "layout.tensor", "one of 1, 2, 4"),
            (Layout(pipeline: 0), "layout.pipeline", "one of 1, 2, 3, 4"),
            (Layout(data: 0), "layout.data", "one of 1, 2, 4, 8"),
            (Layout(microBatch: 0), "layout.micro_batch", "one of 1, 2, 4, 8, 16"),
        ])
    func layouts(layout: Layout, key: String, legal: String) throws {
        let recipe = try Recipe.load("nano")
        let error = #expect(throws: Diagnostic.self) { try recipe.validate(layout) }
        #expect(error?.location?.key == key)
        #expect(error?.expected == legal)
    }

    @Test("Layers are shared out evenly, or with embedding and head as slots, or not at all")
    func stages() throws {
        func model(_ layers: Int) -> Recipe.Model {
            .init(layers: layers, hidden: 8, heads: 1, sequenceLength: 8, vocabulary: 257)
        }
        #expect(model(4).stageLayers(pipeline: 2) == [0..<2, 2..<4])
        #expect(model(4).stageLayers(pipeline: 3) == [0..<1, 1..<3, 3..<4])
        let bloom = try #require(model(70).stageLayers(pipeline: 12))
        #expect(bloom.map(\.count) == [5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 5])
        for (layers, pipeline) in [(70, 13), (4, 5), (4, 6), (4, 0), (4, -1), (1, 3)] {
            #expect(model(layers).stageLayers(pipeline: pipeline) == nil, "\(layers) layers, \(pipeline) stages")
        }
    }

    @Test("Stages cover every layer once, in order, and none is empty")
    func stagesCover() throws {
        for layers in 1...80 {
            let model = Recipe.Model(layers: layers, hidden: 8, heads: 1, sequenceLength: 8, vocabulary: 257)
            for pipeline in 1...layers {
                guard let stages = model.stageLayers(pipeline: pipeline) else { continue }
                #expect(stages.count == pipeline)
                #expect(stages.flatMap(Array.init) == Array(0..<layers), "\(layers) layers, \(pipeline) stages")
                #expect(stages.allSatisfy { !$0.isEmpty })
            }
        }
    }

    @Test("Ranks and coordinates are each other's inverse; tensor neighbours are adjacent")
    func coordinates() {
        let layout = Layout(tensor: 2, pipeline: 3, data: 4)
        #expect(layout.ranks == 24)
        var seen = Set<Coordinate>()
        for rank in 0..<24 {
            let coordinate = Coordinate(rank: rank, in: layout)
            #expect(coordinate.rank(in: layout) == rank)
            seen.insert(coordinate)
        }
        #expect(seen.count == 24)
        #expect(Coordinate(rank: 1, in: layout) == Coordinate(tensor: 1, data: 0, pipeline: 0))
        #expect(Coordinate(rank: 2, in: layout) == Coordinate(tensor: 0, data: 1, pipeline: 0))
    }
}
