import Numerics
import Recipes
import Testing

/// The engine's gradients against the slope of a float64 loss that shares no code with it.
@Suite("Central differences")
struct CentralDifferenceTests {
    @Test("every parameter's gradient is the slope of the loss", arguments: ["tiny", "llama", "gpt2"])
    func everyParameter(name: String) throws {
        let golden = try GoldenValues(name)
        let (model, parameters, tokens) = try (golden.reference(), golden.parameters("parameter"), golden.tokens())
        let executor = try golden.engine()
        _ = try executor.step(golden.input(step: 1))
        let gradients = executor.wholeGradients()
        try #require(gradients.count == parameters.count)
        for (index, gradient) in gradients.enumerated() {
            let elements = spread(8, over: gradient.count)
            let largest = gradient.map { Double(abs($0)) }.reduce(0, max)
            let errors = elements.map { element in
                let slope = model.centralDifference(parameters, tokens: tokens, parameter: index, element: element)
                return abs(slope - Double(gradient[element]))
            }
            #expect(errors.reduce(0, max) < GoldenTests.tolerance * largest, "\(parameters[index].name): \(errors)")
        }
    }

    @Test(
        "a step down the gradient lowers the loss by what the gradient's norm says",
        arguments: ["tiny", "llama", "gpt2"])
    func descent(name: String) throws {
        let golden = try GoldenValues(name)
        let (model, parameters, tokens) = try (golden.reference(), golden.parameters("parameter"), golden.tokens())
        let executor = try golden.engine()
        let outcome = try executor.step(golden.input(step: 1))
        func loss(at distance: Double) -> Double {
            var moved = parameters
            for (index, gradient) in executor.wholeGradients().enumerated() {
                for (i, slope) in gradient.enumerated() {
                    moved[index].values[i] -= distance * Double(slope) / outcome.gradientNorm
                }
            }
            return model.loss(moved, tokens: tokens)
        }
        let slope = (loss(at: 1e-5) - loss(at: -1e-5)) / 2e-5
        #expect(abs(slope + outcome.gradientNorm) < GoldenTests.tolerance * outcome.gradientNorm)
    }
}
