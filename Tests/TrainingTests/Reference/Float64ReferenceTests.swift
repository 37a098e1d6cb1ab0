import Foundation
import Testing

/// The float64 reference and PyTorch's float64 run vouch for each other: they share nothing but the weights.
@Suite("Float64 reference")
struct Float64ReferenceTests {
    @Test("reproduces PyTorch's float64 logits and loss", arguments: GoldenTests.names)
    func forward(name: String) throws {
        let golden = try GoldenValues(name)
        let (model, parameters, tokens) = try (golden.reference(), golden.parameters("parameter"), golden.tokens())
        let logits = tokens.flatMap { model.logits(parameters, inputs: $0.dropLast()).flatMap(\.self) }
        #expect(try relativeDifference(logits, golden.values("logits64")) < 1e-13)
        let loss = try golden.values("step_losses64")[0]
        #expect(abs(model.loss(parameters, tokens: tokens) - loss) < 1e-13 * loss)
    }

    @Test(
        "its central differences are PyTorch's float64 gradients, for every parameter",
        arguments: ["tiny", "llama", "gpt2"])
    func centralDifferences(name: String) throws {
        let golden = try GoldenValues(name)
        let (model, parameters, tokens) = try (golden.reference(), golden.parameters("parameter"), golden.tokens())
        for (index, gradient) in try golden.parameters("gradient64").enumerated() {
            let elements = spread(6, over: gradient.values.count)
            let errors = elements.map { element in
                let difference = model.centralDifference(
                    parameters, tokens: tokens, parameter: index, element: element)
                return abs(difference - gradient.values[element])
            }
            // The stored gradient is rounded to float32: 6e-8 of its own size.
            let largest = gradient.values.map(abs).reduce(0, max)
            #expect(errors.reduce(0, max) < 2e-7 * largest, "\(gradient.name): \(errors) at \(elements)")
        }
    }

    @Test("a key bias has no gradient: softmax ignores what is added to a whole row")
    func keyBias() throws {
        let golden = try GoldenValues("tiny")
        let (model, parameters, tokens) = try (golden.reference(), golden.parameters("parameter"), golden.tokens())
        let index = try #require(parameters.firstIndex { $0.name == "h.0.self_attention.query_key_value.bias" })
        for head in 0..<model.heads {
            let keyBias = (3 * head + 1) * model.headSize
            let difference = model.centralDifference(parameters, tokens: tokens, parameter: index, element: keyBias)
            #expect(abs(difference) < 1e-9)
        }
    }

    @Test("ALiBi slopes are the published ones, also when the heads are no power of two")
    func slopes() {
        func slopes(_ heads: Int) -> [Double] {
            let model = Float64Reference(layers: 1, hidden: 8 * heads, heads: heads, vocabulary: 8)
            return (0..<heads).map(model.alibiSlope)
        }
        #expect(slopes(8) == (1...8).map { exp2(-Double($0)) })
        #expect(slopes(6) == [-2, -4, -6, -8, -1, -3].map { exp2($0) })
        #expect(slopes(12).suffix(4) == [-0.5, -1.5, -2.5, -3.5].map { exp2($0) })
    }

    @Test("float32 PyTorch lies within 1e-6 of float64 PyTorch", arguments: ["nano", "six-heads", "tiny", "gpt2"])
    func single(name: String) throws {
        let golden = try GoldenValues(name)
        #expect(try relativeDifference(golden.values("logits"), golden.values("logits64")) < 1e-6)
        #expect(try relativeDifference(golden.values("step_losses"), golden.values("step_losses64")) < 1e-6)
        for (single, double) in zip(try golden.parameters("gradient"), try golden.parameters("gradient64")) {
            #expect(relativeDifference(single.values, double.values) < 1e-6, "\(single.name)")
        }
    }
}

/// The largest difference over the largest magnitude of the truth.
func relativeDifference(_ values: [Double], _ truth: [Double]) -> Double {
    precondition(values.count == truth.count, "\(values.count) values, \(truth.count) true ones")
    return zip(values, truth).map { abs($0 - $1) }.reduce(0, max) / truth.map(abs).reduce(0, max)
}

/// Up to `wanted` element numbers, evenly spread from the first to the last.
func spread(_ wanted: Int, over count: Int) -> [Int] {
    count <= wanted ? Array(0..<count) : (0..<wanted).map { $0 * (count - 1) / (wanted - 1) }
}
