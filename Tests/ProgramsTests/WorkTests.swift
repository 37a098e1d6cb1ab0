import Recipes
import Testing

@testable import Programs

@Suite("Work") struct WorkTests {
    /// Matrix operations of nano's step: 2 per weight and token forward and 4 backward; attention does 2 products of
    /// tokens² × hidden forward and 5 backward.
    static func formula(_ recipe: Recipe) -> Double {
        let m = recipe.model
        let weights = m.layers * (4 * m.hidden * m.hidden + 2 * m.hidden * m.ffn) + m.paddedVocabulary * m.hidden
        let tokens = recipe.batch.global * m.sequenceLength
        let attention = m.layers * recipe.batch.global * m.sequenceLength * m.sequenceLength * m.hidden
        return Double(6 * weights * tokens + 2 * (2 + 5) * attention)
    }

    static func stepOperations(_ programs: [Program]) -> Double {
        var total = 0.0
        for program in programs {
            let passes = program.passes.map { $0.instructions.reduce(0) { $0 + $1.work().matrixOperations } }
            for action in program.actions { total += passes[action.pass] }
        }
        return total
    }

    @Test("All ranks together do the formula's matrix operations, in every layout")
    func everyLayout() throws {
        let expected = Self.formula(Nano.recipe())
        for layout in Nano.layouts {
            #expect(Self.stepOperations(try Nano.programs(layout)) == expected, "\(layout)")
        }
    }

    @Test("A product's traffic is its three matrices, half of it in bfloat16")
    func productTraffic() {
        let product = MatrixProduct(m: 2, n: 3, k: 5, transposesB: false, segments: 1, addsBias: false)
        let instruction = Instruction(.product(product))
        #expect(instruction.work() == Work(matrixOperations: 60, memoryBytes: 4 * (10 + 15 + 6)))
        #expect(instruction.work(elementBytes: 2).memoryBytes == 2 * (10 + 15 + 6))
    }

    @Test("A look-up moves one row per token, not the table; an update moves seven numbers per parameter")
    func otherTraffic() {
        let (tokens, table, out) = (BufferID(0), BufferID(1), BufferID(2))
        let lookup = Instruction(
            .embedding(rows: 4, vocabularyRows: 1000, width: 8),
            reads: [Operand(tokens, count: 4), Operand(table, count: 8000)], writes: [Operand(out, count: 32)])
        #expect(lookup.work().memoryBytes == 2 * 4 * 32)
        #expect(Instruction(.adamW(count: 100)).work().memoryBytes == 2800)
    }
}
