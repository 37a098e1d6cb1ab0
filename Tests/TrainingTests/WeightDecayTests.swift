import Foundation
import Recipes
import Testing

@testable import Training

@Suite("Weight decay")
struct WeightDecayTests {
    /// The digests of the parameters after one step, by name.
    private func digests(_ decay: Double, on scope: Recipe.Optimizer.DecayScope) throws -> [String: String] {
        var recipe = try TestData.recipe("nano")
        recipe.optimizer.weightDecay = decay
        recipe.optimizer.weightDecayOn = scope
        var run = try BareRun(recipe, corpus: TestData.tinyCorpus())
        try run.run(steps: 1)
        return Dictionary(
            uniqueKeysWithValues: try run.digest().parameters.map { ($0.name, $0.digest.description) })
    }

    @Test("on matrices it leaves biases and norms as they are without any; on all it moves norms too")
    func scope() throws {
        let (without, matrices, all) = try (
            digests(0, on: .matrices), digests(0.5, on: .matrices), digests(0.5, on: .all)
        )
        for name in without.keys.sorted() {
            let isMatrix = name.hasSuffix(".weight") && !name.contains("layernorm") && name != "ln_f.weight"
            #expect((matrices[name] == without[name]) == !isMatrix, "\(name)")
            // Zero biases have nothing to decay in the first step; norms begin at one.
            if name.hasSuffix("layernorm.weight") { #expect(all[name] != without[name], "\(name)") }
        }
    }
}
