import Diagnostics
import Testing

@testable import Recipes

@Suite("Legality of interleaving and of sharded gradients") struct LayoutLegalityTests {
    private func nano(lanes: Int = 8, global: Int = 16) throws -> Recipe {
        var recipe = try Recipe.load("nano")
        recipe.lanes = lanes
        recipe.batch.global = global
        return recipe
    }

    private func refusal(_ layout: Layout, lanes: Int = 8, global: Int = 16) throws -> Diagnostic {
        let recipe = try nano(lanes: lanes, global: global)
        return try #require(#expect(throws: Diagnostic.self) { try recipe.validate(layout) })
    }

    @Test(
        "What nano allows",
        arguments: [
            Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved),
            Layout(tensor: 4, pipeline: 2, interleave: 2, data: 4, microBatch: 1, schedule: .interleaved, zero: 3),
            Layout(data: 8, microBatch: 2, zero: 2), Layout(data: 4, microBatch: 1, zero: 3),
            Layout(tensor: 2, microBatch: 16, sequenceParallel: true), Layout(microBatch: 16, zero: 3),
        ])
    func legal(layout: Layout) throws { try nano().validate(layout) }

    @Test(
        "The smallest recipes have as many legal layouts as scripts/matrix --full runs",
        arguments: [("nano", 7884), ("nano-llama", 5256), ("nano-gpt2", 7884)])
    func count(name: String, expected: Int) throws {
        let recipe = try Recipe.load(name)
        var count = 0
        for tensor in 1...8 {
            for pipeline in 1...6 {
                for interleave in 1...3 {
                    for schedule in Layout.Schedule.allCases {
                        for data in recipe.legalDataDegrees(zero: 0) + [3, 16] {
                            for microBatch in [1, 2, 3, 4, 8, 16, 32] {
                                for zero in 0...3 {
                                    let layout = Layout(
                                        tensor: tensor, pipeline: pipeline, interleave: interleave, data: data,
                                        microBatch: microBatch, schedule: schedule, zero: zero)
                                    if (try? recipe.validate(layout)) != nil { count += 1 }
                                }
                            }
                        }
                    }
                }
            }
        }
        // Sequence parallelism and recomputation are always legal.
        #expect(count * 2 * Layout.Recompute.allCases.count == expected)
    }

    @Test("Several chunks need the interleaved schedule", arguments: [Layout.Schedule.gpipe, .oneForwardOneBackward])
    func schedule(_ schedule: Layout.Schedule) throws {
        let error = try refusal(Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: schedule))
        #expect(error.code == "layout.interleave")
        #expect(error.location?.key == "layout.interleave")
        #expect(error.expected == "1 with \(schedule.rawValue)")
        #expect(error.found == "2")
        #expect(error.remedy == "pass --schedule interleaved as well")
    }

    @Test(
        "The interleaved schedule needs chunks that share out the layers",
        arguments: [(2, 1, "2"), (2, 3, "2"), (2, 0, "2"), (2, -1, "2")])
    func chunks(pipeline: Int, interleave: Int, legal: String) throws {
        let error = try refusal(
            Layout(pipeline: pipeline, interleave: interleave, microBatch: 1, schedule: .interleaved))
        #expect(error.code == "layout.interleave")
        #expect(error.location?.key == "layout.interleave")
        #expect(error.expected?.contains(legal) == true)
    }

    @Test("Stages that cannot have several chunks each are told of degrees that can", arguments: [1, 4])
    func stages(pipeline: Int) throws {
        let error = try refusal(Layout(pipeline: pipeline, interleave: 2, microBatch: 1, schedule: .interleaved))
        #expect(error.code == "layout.interleave")
        #expect(error.location?.key == "layout.pipeline")
        #expect(error.expected == "one of 2")
        #expect(error.remedy == "pass --pipeline 2 --interleave 2")
    }

    @Test("Legal numbers of chunks equal their definition, for BLOOM 176B with embedding and head as slots too")
    func interleaves() throws {
        for (name, pipelines) in [("nano", 1...4), ("bloom-176b", 1...70), ("bloom-560m", 1...24)] {
            let recipe = try Recipe.load(name)
            for pipeline in pipelines {
                let expected =
                    pipeline == 1
                    ? [] : (2...70).filter { recipe.model.stageLayers(pipeline: pipeline * $0) != nil }
                #expect(recipe.legalInterleaves(pipeline: pipeline) == expected, "\(name), \(pipeline) stages")
            }
        }
        #expect(try Recipe.load("bloom-176b").legalInterleaves(pipeline: 12) == [2, 3])
    }

    @Test("Interleaving takes micro-batches in groups of the stages, in every batch of a ramp")
    func groups() throws {
        let error = try refusal(Layout(pipeline: 2, interleave: 2, microBatch: 16, schedule: .interleaved))
        #expect(error.code == "layout.interleave")
        #expect(error.location?.key == "layout.micro_batch")
        #expect(error.found == "1 in a batch of 16")
        #expect(error.expected == "a multiple of 2 micro-batches per replica in every batch")
        var ramp = try nano(lanes: 4)
        ramp.batch.rampUp = .init(start: 8, increment: 4, samples: 48)
        try ramp.validate(Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved))
        let odd = #expect(throws: Diagnostic.self) {
            try ramp.validate(Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved))
        }
        #expect(odd?.found == "1 in a batch of 4")
    }

    @Test("Under ZeRO-2 and 3 a micro-batch lies within a lane", arguments: [2, 3])
    func microBatches(zero: Int) throws {
        let error = try refusal(Layout(data: 2, microBatch: 4, zero: zero))
        #expect(error.code == "layout.micro-batch")
        #expect(error.location?.key == "layout.micro_batch")
        #expect(error.expected == "one of 1, 2")
        #expect(error.message.contains("span lanes"))
        // One replica shards nothing, and ZeRO-1 keeps neighbouring lanes together.
        try nano().validate(Layout(microBatch: 4, zero: zero))
        try nano().validate(Layout(data: 2, microBatch: 4, zero: 1))
    }

    @Test("Under ZeRO-2 replicas take lanes in turns: other data degrees are legal where lanes are no power of two")
    func dataDegrees() throws {
        let recipe = try nano(lanes: 6, global: 12)
        #expect(recipe.legalDataDegrees(zero: 1) == [1, 3, 6])
        #expect(recipe.legalDataDegrees(zero: 2) == [1, 2, 6])
        #expect(recipe.legalDataDegrees(zero: 3) == [1, 2, 6])
        let three = try refusal(Layout(data: 3, microBatch: 1, zero: 2), lanes: 6, global: 12)
        #expect(three.code == "layout.data")
        #expect(three.expected == "one of 1, 2, 6")
        #expect(three.message.contains("ZeRO-2"))
        let two = try refusal(Layout(data: 2, microBatch: 1, zero: 1), lanes: 6, global: 12)
        #expect(two.expected == "one of 1, 3, 6")
        try recipe.validate(Layout(data: 3, microBatch: 1, zero: 1))
        try recipe.validate(Layout(data: 2, microBatch: 1, zero: 2))
    }

    @Test("There is no ZeRO-4", arguments: [-1, 4])
    func zero(stage: Int) throws {
        let error = try refusal(Layout(zero: stage))
        #expect(error.code == "layout.zero")
        #expect(error.expected == "one of 0, 1, 2, 3")
        #expect(error.found == "\(stage)")
    }

    // MARK: Text

    @Test("The new keys are read, and written where they are used")
    func keys() throws {
        let layout = Layout(
            tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved, zero: 3,
            sequenceParallel: true)
        let recipe = try Recipe.load(
            "nano",
            overrides: [
                "layout.tensor=2", "layout.pipeline=2", "layout.interleave=2", "layout.data=2", "layout.micro_batch=2",
                "layout.schedule=interleaved", "layout.zero=3", "layout.sequence_parallel=true",
            ])
        #expect(recipe.layout == layout)
        #expect(recipe.yaml.contains("interleave: 2"))
        #expect(recipe.yaml.contains("sequence_parallel: true"))
        #expect(try Recipe.parse(recipe.yaml) == recipe)
    }

    @Test(
        "What is standard is not written: the text of a recipe that has none of them stays",
        arguments: Recipe.shippedNames())
    func absent(name: String) throws {
        var recipe = try Recipe.load(name)
        recipe.layout = Layout()
        let section = recipe.yaml.split(separator: "\n").drop { $0 != "layout:" }.prefix { $0 != "checkpoint:" }
        #expect(
            section == [
                "layout:", "  tensor: 1", "  pipeline: 1", "  data: 1", "  micro_batch: 1", "  schedule: \"1f1b\"",
                "  zero: 1", "  recompute: none",
            ])
    }

    @Test("Options of the command line change them", arguments: [true, false])
    func options(sequenceParallel: Bool) throws {
        var options = RecipeOverrides()
        options.pipeline = 2
        options.interleave = 2
        options.schedule = .interleaved
        options.sequenceParallel = sequenceParallel
        let layout = Layout(
            pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved, sequenceParallel: sequenceParallel)
        #expect(try Recipe.load("nano", options: options).layout == layout)
        options.interleave = 3
        let error = #expect(throws: Diagnostic.self) { try Recipe.load("nano", options: options) }
        #expect(error?.location?.file == "--interleave")
    }
}
