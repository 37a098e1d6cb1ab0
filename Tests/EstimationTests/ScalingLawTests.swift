import Foundation
import Recipes
import Testing

@testable import Estimation

@Suite("Scaling laws")
struct ScalingLawTests {
    @Test("Chinchilla's loss law at Gopher's and Chinchilla's sizes")
    func loss() {
        // By hand from the published constants: 1.69 + 0.0521 + 0.2511 for 280 billion parameters and 300 billion tokens,
        // 1.69 + 0.0835 + 0.1632 for 70 billion and 1.4 trillion.
        #expect(abs(LossLaw.hoffmann.loss(parameters: 280e9, tokens: 300e9) - 1.9932) < 2e-4)
        #expect(abs(LossLaw.hoffmann.loss(parameters: 70e9, tokens: 1.4e12) - 1.9367) < 2e-4)
    }

    @Test("The closed form is the minimum along equal operations", arguments: [1e19, 1e21, 5.76e23, 1e26])
    func minimum(operations: Double) {
        for (law, losses) in [(ScalingLaw.hoffmann, LossLaw.hoffmann), (.besiroglu, .besiroglu)] {
            let best = law.optimum(operations: operations)
            #expect(abs(6 * best.parameters * best.tokens / operations - 1) < 1e-12)
            let least = losses.loss(parameters: best.parameters, tokens: best.tokens)
            for factor in [0.5, 0.9, 0.99, 1.01, 1.1, 2] {
                let parameters = best.parameters * factor
                let other = losses.loss(parameters: parameters, tokens: operations / 6 / parameters)
                #expect(other > least, "\(law) at \(factor)")
            }
        }
    }

    @Test("Published optima")
    func published() {
        // Chinchilla: 70 billion parameters and 1.4 trillion tokens for 5.76e23 operations (Hoffmann et al. 2022).
        let chinchilla = ScalingLaw.twentyTokens.optimum(operations: 5.76e23)
        #expect(abs(chinchilla.parameters / 70e9 - 1) < 0.02)
        #expect(abs(chinchilla.tokens / 1.4e12 - 1) < 0.02)
        // Besiroglu et al. 2024: close to 20 tokens per parameter at that size.
        let refitted = ScalingLaw.besiroglu.optimum(operations: 5.76e23)
        #expect((15...25).contains(refitted.tokensPerParameter))
        // Kaplan et al. 2020: 1.3 billion parameters for a petaFLOP/s-day, ten times the compute takes 10^0.73 of that.
        #expect(abs(ScalingLaw.kaplan.optimum(operations: 8.64e19).parameters / 1.3e9 - 1) < 1e-12)
        #expect(abs(ScalingLaw.kaplan.optimum(operations: 8.64e20).parameters / (1.3e9 * pow(10, 0.73)) - 1) < 1e-12)
    }

    @Test("By hand from the published coefficients, for a petaFLOP/s-month")
    func byHand() {
        // C = 30 × 8.64e19 = 2.592e21, so N·D = C/6 = 4.32e20.
        let operations = 2.592e21
        // N = √(4.32e20/20) = √2.16e19 = 4.6476e9, D = 20·N = 9.2952e10.
        let twenty = ScalingLaw.twentyTokens.optimum(operations: operations)
        #expect(abs(twenty.parameters / 4.6476e9 - 1) < 1e-4 && abs(twenty.tokens / 9.2952e10 - 1) < 1e-4)
        // Hoffmann, approach 3: G = (0.34·406.4/(0.28·410.7))^(1/0.62) = (138.176/114.996)^1.6129 = 1.34471,
        // N = G·(4.32e20)^(0.28/0.62) = 1.34471·10^(20.635484·0.4516129) = 1.34471·2.08570e9 = 2.80466e9.
        let hoffmann = ScalingLaw.hoffmann.optimum(operations: operations)
        #expect(abs(hoffmann.parameters / 2.80466e9 - 1) < 1e-4)
        #expect(abs(hoffmann.tokens / (4.32e20 / 2.80466e9) - 1) < 1e-4)
        // Kaplan: N = 1.3e9·30^0.73 = 1.3e9·10^(1.477121·0.73) = 1.3e9·11.97563 = 1.55683e10.
        let kaplan = ScalingLaw.kaplan.optimum(operations: operations)
        #expect(abs(kaplan.parameters / 1.55683e10 - 1) < 1e-4)
        #expect(abs(kaplan.tokens / (4.32e20 / 1.55683e10) - 1) < 1e-4)
    }

    @Test("Every law says whose it is, when, and its coefficients")
    func sources() {
        let expected: [ScalingLaw: [String]] = [
            .twentyTokens: ["Hoffmann et al. 2022", "2203.15556", "20·N"],
            .hoffmann: ["Hoffmann et al. 2022", "1.69", "406.4", "0.34", "410.7", "0.28"],
            .besiroglu: ["Besiroglu et al. 2024", "2404.10102", "1.8172", "482.01", "0.3478", "2085.43", "0.3658"],
            .kaplan: ["Kaplan et al. 2020", "2001.08361", "1.3e9", "0.73"],
        ]
        for law in ScalingLaw.allCases {
            for word in expected[law] ?? ["?"] { #expect(law.source.contains(word), "\(law): \(word)") }
        }
    }

    @Test("Shapes keep their rule", arguments: [1e8, 1.3e9, 7e9, 3e10, 7e10, 1.76e11, 1e12])
    func shapes(parameters: Double) {
        for family in Recipe.Model.Family.allCases {
            let model = ModelShape.model(
                parameters: parameters, family: family, sequenceLength: 2048, vocabulary: 32_000)
            #expect(abs(Double(model.parameterCount) / parameters - 1) < 0.12, "\(model)")
            #expect(model.hidden % 128 == 0 && model.headSize == (model.hidden < 1024 ? 64 : 128))
            #expect(model.layers < 16 || model.layers % 4 == 0)
            #expect((50...220).contains(model.hidden / model.layers), "\(model)")
        }
    }
}
