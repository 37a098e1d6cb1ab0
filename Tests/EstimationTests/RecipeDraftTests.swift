import Diagnostics
import Recipes
import Testing
import TypedYAML

@testable import Estimation

@Suite struct RecipeDraftTests {
    @Test(
        "Few answers make a whole recipe of about the size asked for, which says what it is in words and reads back",
        arguments: Recipe.Model.Family.allCases, [1e6, 2e7, 1.3e9, 1.76e11])
    func sizes(family: Recipe.Model.Family, parameters: Double) throws {
        var draft = RecipeDraft(name: "petit")
        (draft.family, draft.parameters) = (family, parameters)
        let recipe = try draft.recipe()
        // Of the smallest, a layer is a quarter: half of one is as near as it gets.
        let near = parameters < 1e7 ? 0.13 : 0.05
        #expect(abs(Double(recipe.parameterCount) / parameters - 1) < near, "\(recipe.parameterCount)")
        let tokens = Double(recipe.optimizer.trainSamples * recipe.model.sequenceLength)
        #expect(abs(tokens / (20 * Double(recipe.parameterCount)) - 1) < 0.01)
        #expect((500...1_000_000).contains(recipe.plannedSteps), "\(recipe.plannedSteps)")
        #expect(try Recipe.parse(recipe.commentedYAML) == recipe)
    }

    @Test(
        "Learning rates are GPT-3's at its sizes (Brown et al. 2020, table 2.1), and bounded for small models",
        arguments: [(1.25e8, 6e-4), (1.3e9, 2e-4), (1.75e11, 6e-5), (1e5, 3e-3), (5e8, 2.8e-4)])
    func learningRates(parameters: Double, rate: Double) {
        #expect(abs(RecipeDraft.learningRate(parameters: parameters) / rate - 1) < 1e-9)
    }

    @Test("What cannot be is refused")
    func refused() throws {
        var draft = RecipeDraft(name: "petit")
        draft.tokens = 1e15
        draft.batch = 1
        draft.sequenceLength = 8
        #expect(throws: Diagnostic.self) { try draft.recipe() }
    }
}
