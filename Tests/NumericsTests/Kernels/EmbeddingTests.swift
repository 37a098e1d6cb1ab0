import CKernels
import Testing

/// The look-up and its gradient over a slice of the vocabulary, bit for bit.
@Suite struct EmbeddingTests {
    /// Few tokens in many positions, so that most occur often, and some of other ranks.
    private func tokens(_ count: Int, below: Int) -> [Int32] {
        var draws = Draws(seed: UInt64(count))
        return (0..<count).map { _ in Int32(draws.below(below)) }
    }

    @Test(arguments: [1, 5, 64, 300])
    func lookUpMovesBits(width: Int) {
        let (first, rows) = (3, 9)
        let tokens = tokens(50, below: 15)
        let table = numbers(rows * width, seed: 1, special: true)
        let expected = tokens.flatMap { token -> [Float] in
            let row = Int(token) - first
            return (0..<rows).contains(row)
                ? Array(table[row * width..<(row + 1) * width]) : [Float](repeating: 0, count: width)
        }
        expectEverywhere(expected) { context in
            var out = [Float](repeating: .nan, count: expected.count)
            serre_embedding(context, 50, tokens, Int64(first), Int64(rows), Int64(width), table, &out)
            return out
        }
    }

    @Test(arguments: [(1, 1, 1), (3, 40, 5), (2, 100, 64), (4, 17, 200)])
    func gradientSumsPerSampleThenAdds(samples: Int, sequence: Int, width: Int) {
        let (first, rows) = (3, 9)
        let tokens = tokens(samples * sequence, below: 15)
        let dx = numbers(samples * sequence * width, seed: 2)
        let start = numbers(rows * width, seed: 3)
        var expected = start
        for sample in 0..<samples {
            for row in 0..<rows {
                let positions = (0..<sequence).map { sample * sequence + $0 }.filter { Int(tokens[$0]) == row + first }
                if positions.isEmpty { continue }
                for c in 0..<width {
                    expected[row * width + c] += positions.reduce(Float(0)) { $0 + dx[$1 * width + c] }
                }
            }
        }
        expectEverywhere(expected) { context in
            var accumulator = start
            serre_embedding_gradient(
                context, Int64(samples), Int64(sequence), tokens, Int64(first), Int64(rows), Int64(width), dx,
                &accumulator)
            return accumulator
        }
    }

    /// A token that does not occur leaves even a −0 alone; one that occurs turns it into its sum.
    @Test func absentTokensAreNotTouched() {
        expectEverywhere([-0.0, 0]) { context in
            var accumulator: [Float] = [-0.0, -0.0]
            serre_embedding_gradient(context, 1, 2, [1, 7], 0, 2, 1, [-0.0, 5], &accumulator)
            return accumulator
        }
    }
}
