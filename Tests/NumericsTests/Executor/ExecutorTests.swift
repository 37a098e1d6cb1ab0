import Diagnostics
import Fabrics
import Foundation
import Programs
import Recipes
import Testing

@testable import Numerics

@Suite("Executor")
struct ExecutorTests {
    private static let layouts = [
        Layout(microBatch: 8, zero: 0), Layout(microBatch: 1), Layout(tensor: 2, microBatch: 4),
        Layout(pipeline: 2, microBatch: 2),
        Layout(data: 4, microBatch: 1), Layout(data: 4, microBatch: 2, zero: 0),
        Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2, schedule: .gpipe),
    ]

    @Test("initial weights are the recipe's, on every layout", arguments: layouts)
    func initialization(layout: Layout) throws {
        let (executor, one) = try (SmallModel.executor(SmallModel.recipe(layout)), SmallModel.executor())
        for tensor in StateTensor.allCases { #expect(executor.bits(tensor) == one.bits(tensor)) }
        for (spec, bits) in zip(ModelParameters(executor.recipe.model).all, executor.bits()) {
            let values = bits.map { Double(Float(bitPattern: $0)) }
            switch spec.initialization {
            case .zeros: #expect(values.allSatisfy { $0 == 0 }, "\(spec.name)")
            case .ones: #expect(values.allSatisfy { $0 == 1 }, "\(spec.name)")
            case .uniform(let bound):
                #expect(values.allSatisfy { abs($0) < bound }, "\(spec.name)")
                #expect(values.map(abs).reduce(0, max) > 0.9 * bound, "\(spec.name)")
            case .normal(let deviation):
                // The standard deviation of n draws is known to about 1/√(2n).
                let found = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
                #expect(abs(found / deviation - 1) < 5 / Double(2 * values.count).squareRoot(), "\(spec.name)")
            }
        }
        #expect(executor.bits(.firstMoment).allSatisfy { $0.allSatisfy { $0 == 0 } })
    }

    @Test("steps have the same outcome and leave the same state on every layout", arguments: layouts)
    func steps(layout: Layout) throws {
        let (executor, one) = try (SmallModel.executor(SmallModel.recipe(layout)), SmallModel.executor())
        for step in 1...3 {
            #expect(try executor.step(SmallModel.input(step: step)) == one.step(SmallModel.input(step: step)))
        }
        for tensor in StateTensor.allCases { #expect(executor.bits(tensor) == one.bits(tensor), "\(tensor)") }
    }

    @Test("the losses of a forward pass are each sample's own, on every layout", arguments: layouts)
    func evaluation(layout: Layout) throws {
        let (executor, one) = try (SmallModel.executor(SmallModel.recipe(layout)), SmallModel.executor())
        let before = executor.bits()
        let losses = try executor.evaluate(SmallModel.input(step: 1))
        #expect(losses == (try one.evaluate(SmallModel.input(step: 1))))
        #expect(Set(losses).count == 8)
        #expect(executor.bits() == before)
        // Their chain is the loss that a step reports.
        let outcome = try executor.step(SmallModel.input(step: 1))
        #expect(outcome.loss == losses.reduce(0, +) / 64)
    }

    @Test("scalar and vector paths agree bit for bit")
    func instructionSets() throws {
        let (scalar, best) = try (SmallModel.executor(instructionSet: .scalar), SmallModel.executor())
        for step in 1...2 {
            #expect(try scalar.step(SmallModel.input(step: step)) == best.step(SmallModel.input(step: step)))
        }
        for tensor in StateTensor.allCases { #expect(scalar.bits(tensor) == best.bits(tensor)) }
    }

    @Test(
        "the norm is that of the gradients, the update sum that of the changes",
        arguments: [Layout(microBatch: 2, zero: 0)])
    func statistics(layout: Layout) throws {
        let executor = try SmallModel.executor(SmallModel.recipe(layout))
        let before = executor.bits()
        let outcome = try executor.step(SmallModel.input(step: 1))
        let squares = executor.gradients(rank: 0).flatMap(\.values).reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(outcome.gradientNorm - squares.squareRoot()) < 1e-12 * outcome.gradientNorm)
        let changes = zip(before.joined(), executor.bits().joined()).reduce(0.0) {
            $0 + Double(Float(bitPattern: $1.1)) - Double(Float(bitPattern: $1.0))
        }
        #expect(abs(outcome.updateSum - changes) < 1e-6)
        #expect(outcome.updateSum != 0)
    }

    @Test("a learning rate of 0 changes no parameter, but the moments")
    func noLearning() throws {
        let executor = try SmallModel.executor()
        let before = executor.bits()
        let outcome = try executor.step(SmallModel.input(step: 1, learningRate: 0))
        #expect(executor.bits() == before)
        #expect(outcome.updateSum == 0)
        #expect(executor.bits(.firstMoment).joined().contains { $0 != 0 })
    }

    @Test("clipping scales the gradient by the limit over (norm + 10⁻⁶), and never up")
    func clipping() throws {
        func scale(clip: Double) throws -> (found: Double, norm: Double) {
            var recipe = SmallModel.recipe(Layout(microBatch: 2, zero: 0))
            recipe.optimizer.clip = clip
            let executor = try SmallModel.executor(recipe)
            let outcome = try executor.step(SmallModel.input(step: 1))
            // The first moment is (1 − β₁) · scale · gradient; a least-squares fit evens out its rounding.
            let gradients = executor.gradients(rank: 0).flatMap(\.values).map(Double.init)
            let moments = executor.bits(.firstMoment).joined().map { Double(Float(bitPattern: $0)) }
            let fit = zip(moments, gradients).reduce(0) { $0 + $1.0 * $1.1 } / gradients.reduce(0) { $0 + $1 * $1 }
            return (fit / Double(1 - Float(recipe.optimizer.beta1)), outcome.gradientNorm)
        }
        let clipped = try scale(clip: 0.01)
        #expect(abs(clipped.found / (0.01 / (clipped.norm + 1e-6)) - 1) < 2e-7)
        let free = try scale(clip: 1000)
        #expect(abs(free.found - 1) < 2e-7)
        // 0 means no limit.
        #expect(abs(try scale(clip: 0).found - 1) < 2e-7)
    }

    @Test("every element of the state has one owner", arguments: layouts)
    func owners(layout: Layout) throws {
        let executor = try SmallModel.executor(SmallModel.recipe(layout))
        let specs = ModelParameters(executor.recipe.model).all
        var owners = specs.map { [Int](repeating: 0, count: $0.count) }
        for piece in executor.ownedPieces {
            #expect(piece.parameter == specs[piece.modelIndex])
            for element in piece.elements { owners[piece.modelIndex][element] += 1 }
        }
        #expect(owners.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }

    @Test("what is loaded is what is owned", arguments: layouts)
    func loading(layout: Layout) throws {
        let executor = try SmallModel.executor(SmallModel.recipe(layout))
        func value(_ name: String, _ tensor: StateTensor, _ element: Int) -> Float {
            Float(element) + Float(name.utf8.count) / 64 + (tensor == .secondMoment ? 0.5 : 0)
        }
        try executor.load { parameter, tensor, elements, place in
            for (i, element) in elements.enumerated() { place[i] = value(parameter.name, tensor, element) }
        }
        for tensor in StateTensor.allCases {
            for (spec, bits) in zip(ModelParameters(executor.recipe.model).all, executor.bits(tensor)) {
                #expect(bits == (0..<spec.count).map { value(spec.name, tensor, $0).bitPattern }, "\(spec.name)")
            }
        }
    }

    @Test("holds the bytes that the memory plans say", arguments: layouts)
    func memory(layout: Layout) throws {
        let recipe = SmallModel.recipe(layout)
        let planned = try Lowering.programs(recipe).reduce(0) { $0 + MemoryPlan($1).totalBytes }
        #expect(try SmallModel.executor(recipe).bufferBytes == planned)
    }

    @Test("a failure while loading is passed on")
    func failedLoad() throws {
        let executor = try SmallModel.executor()
        #expect(throws: Diagnostic("test.load", "no")) {
            try executor.load { (_, _, _, _) throws(Diagnostic) in throw Diagnostic("test.load", "no") }
        }
    }

    @Test("asking for what is not there gives nothing")
    func absent() throws {
        let executor = try SmallModel.executor()
        #expect(executor.copy(ofBuffer: "no such buffer", rank: 0) == nil)
        #expect(executor.copy(ofBuffer: "logits", rank: 7) == nil)
        #expect(executor.gradients(rank: 7).isEmpty)
    }
}

@Suite("Kernel contexts")
struct KernelContextTests {
    @Test("an impossible number of workers is refused", arguments: [0, -1, 1025])
    func workers(count: Int) {
        let code = #expect(throws: Diagnostic.self) { try KernelContext(instructionSet: nil, workers: count) }?.code
        #expect(code == "numerics.workers")
    }

    @Test("says what it is")
    func properties() throws {
        let context = try KernelContext(instructionSet: .scalar, workers: 3)
        #expect(context.instructionSet == .scalar)
        #expect(context.workers == 3)
    }
}

@Suite("Defined functions")
struct DefinedFunctionTests {
    @Test("uniform numbers lie in [0, 1), spread evenly, and every part of the key counts")
    func uniform() {
        let numbers = (0..<4096).map { DefinedFunctions.uniform(seed: 5, purpose: 9, index: $0) }
        #expect(numbers.allSatisfy { (0..<1).contains($0) })
        #expect(abs(numbers.reduce(0, +) / 4096 - 0.5) < 0.02)
        #expect(Set(numbers).count > 4090)
        let one = DefinedFunctions.uniform(seed: 5, purpose: 9, index: 7)
        #expect(one == numbers[7])
        let others =
            [(6, 9, 7), (5 | 1 << 40, 9, 7), (5, 10, 7), (5, 9, 8), (5, 9, 7 | 1 << 40)] as [(UInt64, UInt64, UInt64)]
        for (seed, purpose, index) in others {
            #expect(DefinedFunctions.uniform(seed: seed, purpose: purpose, index: index) != one)
        }
    }
}
