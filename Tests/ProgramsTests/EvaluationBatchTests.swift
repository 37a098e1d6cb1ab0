import Recipes
import Testing

@testable import Programs

/// Few samples take few micro-batches, on every layout.
@Suite("Evaluated samples") struct EvaluationBatchTests {
    static let layouts =
        NewerLayoutTests.some + [
            Layout(microBatch: 1), Layout(data: 8, microBatch: 2),
            Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2),
            Layout(pipeline: 4, microBatch: 4, schedule: .gpipe),
        ]

    @Test("Each has one place, and no micro-batch runs without any", arguments: layouts)
    func places(layout: Layout) throws {
        let recipe = Nano.recipe(layout)
        for samples in 1...recipe.batch.global {
            let batch = EvaluationBatch(recipe, samples: samples)
            let numbers = batch.numbersInGlobalBatch
            #expect(numbers.count == recipe.batch.global)
            #expect(numbers.compactMap { $0 }.filter { $0 < samples }.sorted() == Array(0..<samples))
            // Chunks take as many micro-batches as there are stages in turn.
            let turn = layout.interleave > 1 ? layout.pipeline : 1
            let spare = batch.microbatches * layout.microBatch * layout.data - samples
            #expect(spare >= 0 && spare < turn * layout.microBatch * layout.data)
            #expect(numbers.compactMap { $0 }.count == spare + samples)
        }
        let whole = EvaluationBatch(recipe)
        #expect(whole.samples == recipe.batch.global && whole.microbatches == LaneFold(recipe).microbatches)
    }

    @Test("A part of a batch is sound, and begins as the whole does", arguments: layouts, [1, 3, 9])
    func sound(layout: Layout, samples: Int) throws {
        let recipe = Nano.recipe(layout)
        var programs = try Lowering.programs(recipe)
        for i in programs.indices {
            let whole = Lowering.evaluationActions(of: programs[i], recipe: recipe)
            programs[i].actions = Lowering.evaluationActions(of: programs[i], recipe: recipe, samples: samples)
            let most = EvaluationBatch(recipe, samples: samples).microbatches
            #expect(programs[i].actions.allSatisfy { $0.microbatch < most })
            // So the clock, which leaves later micro-batches out, plays the same.
            #expect(programs[i].actions == whole.filter { $0.microbatch < most })
        }
        #expect(Checker.problems(in: programs, layout: layout).isEmpty)
    }
}
