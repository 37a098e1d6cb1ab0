import Numerics
import Programs
import Recipes
import Testing

/// The engine against what PyTorch's models compute in float64 from the same weights.
@Suite("Golden values")
struct GoldenTests {
    /// Largest difference over the largest magnitude of a tensor.
    static let tolerance = 2e-5
    static let names = ["nano", "six-heads", "tiny", "llama", "gpt2"]

    /// One rank, and the most spread layout of two stages that the heads allow.
    static let cases: [(name: String, layout: Layout)] = [
        ("nano", Layout(zero: 0)), ("nano", Layout(tensor: 2, pipeline: 2, data: 2, zero: 0)),
        ("six-heads", Layout(zero: 0)), ("six-heads", Layout(tensor: 2, pipeline: 2, data: 2, zero: 0)),
        ("tiny", Layout(zero: 0)), ("tiny", Layout(pipeline: 2, data: 2, zero: 0)),
        ("llama", Layout(zero: 0)), ("llama", Layout(tensor: 2, pipeline: 2, data: 2, zero: 0, recompute: .full)),
        ("gpt2", Layout(zero: 0)), ("gpt2", Layout(pipeline: 2, data: 2, zero: 0, recompute: .full)),
    ]

    @Test("logits and loss of a forward pass", arguments: names)
    func forward(name: String) throws {
        let golden = try GoldenValues(name)
        let samples = Int(try golden.figure("batch"))
        let executor = try golden.engine(Layout(microBatch: samples, zero: 0))
        let losses = try executor.evaluate(golden.input(step: 1))
        let logits = try #require(executor.copy(ofBuffer: "logits", rank: 0)).map(Double.init)
        #expect(try relativeDifference(logits, golden.values("logits64")) < Self.tolerance)
        let loss = losses.reduce(0, +) / (Double(samples) * (try golden.figure("sequence")))
        let truth = try golden.values("step_losses64")[0]
        #expect(abs(loss - truth) < Self.tolerance * truth)
    }

    @Test("loss, norm and the gradient of every parameter", arguments: cases)
    func gradients(name: String, layout: Layout) throws {
        let golden = try GoldenValues(name)
        let executor = try golden.engine(layout)
        let outcome = try executor.step(golden.input(step: 1))
        #expect(relativeDifference([outcome.loss], [try golden.values("step_losses64")[0]]) < Self.tolerance)
        let norm = try golden.values("step_gradient_norms64")[0]
        #expect(relativeDifference([outcome.gradientNorm], [norm]) < Self.tolerance)
        for (found, truth) in zip(executor.wholeGradients(), try golden.parameters("gradient64")) {
            let found = found.map(Double.init)
            #expect(relativeDifference(found, truth.values) < Self.tolerance, "\(truth.name)")
            if truth.name.hasSuffix("query_key_value.bias") || truth.name.hasSuffix("c_attn.bias") {
                let largest = keyBiasElements(executor.recipe.model).map { abs(found[$0]) }.reduce(0, max)
                #expect(largest < 1e-7, "\(truth.name): the key biases")
            }
        }
    }

    @Test("ten AdamW steps: losses, norms and final parameters", arguments: cases)
    func training(name: String, layout: Layout) throws {
        let golden = try GoldenValues(name)
        let executor = try golden.engine(layout)
        let losses = try golden.values("step_losses64")
        let norms = try golden.values("step_gradient_norms64")
        for step in 1...10 {
            let outcome = try executor.step(golden.input(step: step))
            #expect(relativeDifference([outcome.loss], [losses[step - 1]]) < Self.tolerance, "step \(step)")
            #expect(relativeDifference([outcome.gradientNorm], [norms[step - 1]]) < Self.tolerance, "step \(step)")
        }
        for (found, truth) in zip(executor.wholeTensors(), try golden.parameters("final")) {
            #expect(relativeDifference(found.map(Double.init), truth.values) < Self.tolerance, "\(truth.name)")
        }
    }

    @Test("the spread layout's gradients and final parameters are the single rank's, bit for bit", arguments: names)
    func layouts(name: String) throws {
        let golden = try GoldenValues(name)
        let engines = try Self.cases.filter { $0.name == name }.map { try golden.engine($0.layout) }
        for step in 1...3 {
            let outcomes = try engines.map { try $0.step(golden.input(step: step)) }
            #expect(outcomes[0] == outcomes[1])
            #expect(engines[0].wholeGradients() == engines[1].wholeGradients())
        }
        for tensor in StateTensor.allCases {
            #expect(engines[0].wholeTensors(tensor) == engines[1].wholeTensors(tensor))
        }
    }

    @Test("the bounds are tight enough to notice one changed weight")
    func control() throws {
        let golden = try GoldenValues("nano")
        let executor = try golden.engine(Layout(microBatch: 4, zero: 0))
        let bias = try #require(executor.ownedPieces.first { $0.parameter.name == "h.1.self_attention.dense.bias" })
        bias.values[3] += 0.001
        _ = try executor.evaluate(golden.input(step: 1))
        let logits = try #require(executor.copy(ofBuffer: "logits", rank: 0)).map(Double.init)
        #expect(try relativeDifference(logits, golden.values("logits64")) > Self.tolerance)
    }
}
