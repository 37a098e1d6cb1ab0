import CKernels
import Testing

/// Gradients whose lanes have accumulators of their own, through all lanes of a micro-batch, bit for bit.
@Suite struct LaneGradientTests {
    /// Lanes of so many samples each, folded by the binary counter of A4.
    struct Lanes: CustomStringConvertible {
        let lanes, samplesPerLane: Int
        var samples: Int { lanes * samplesPerLane }
        var description: String { "\(lanes) lanes of \(samplesPerLane)" }

        var steps: [serre_lane_step] {
            segmentChains(lanes, depth: lanes).flatMap { chain in
                (0..<samplesPerLane).map { i in
                    serre_lane_step(
                        opens: i == 0, closes: i == samplesPerLane - 1, adds: chain.adds, slot: chain.slot)
                }
            }
        }
    }

    static let folds =
        [Lanes(lanes: 1, samplesPerLane: 1), .init(lanes: 8, samplesPerLane: 1)]
        + [Lanes(lanes: 4, samplesPerLane: 2), .init(lanes: 6, samplesPerLane: 1), .init(lanes: 1, samplesPerLane: 3)]

    @Test(arguments: folds, [(5, false), (130, true), (600, true)])
    func replicatedGradientsAreTheTreeOfTreesOfChains(lanes: Lanes, shape: (width: Int, weighted: Bool)) {
        let (segments, tokens, width) = (4, 3, shape.width)
        let sequence = segments * tokens
        let rows = lanes.samples * sequence
        let dy = numbers(rows * width, seed: 1)
        let x = numbers(rows * width, seed: 2)
        let mean = numbers(rows, seed: 3)
        let rstd = numbers(rows, seed: 4)
        /// The accumulator of one part of the sequence in one lane, element by element as A7 says.
        func accumulator(_ lane: Int, _ part: Int) -> [Float] {
            var sum = [Float](repeating: 0, count: width)
            for sample in lane * lanes.samplesPerLane..<(lane + 1) * lanes.samplesPerLane {
                for row in (0..<tokens).map({ sample * sequence + part * tokens + $0 }) {
                    for c in 0..<width {
                        let d = dy[row * width + c]
                        let xh = (x[row * width + c] - mean[row]) * rstd[row]
                        sum[c] = shape.weighted ? sum[c].addingProduct(d, xh) : sum[c] + d
                    }
                }
            }
            return sum
        }
        let parts = (0..<lanes.lanes).map { lane in (0..<segments).map { accumulator(lane, $0) } }
        func run(_ context: OpaquePointer, addsSegments: Bool) -> [Float] {
            let count = addsSegments ? width : segments * width
            let slots = Slots(count: 4, size: count, held: 0..<4)
            var kept = [Float](repeating: .nan, count: segments * width)
            serre_replicated_gradient_lanes(
                context, lanes.steps, Int64(lanes.samples), Int64(sequence), Int64(width), Int64(segments),
                addsSegments, dy, shape.weighted ? x : nil, shape.weighted ? mean : nil, shape.weighted ? rstd : nil,
                &kept, slots.pointers)
            return slots[0]
        }
        expectEverywhere(tree(parts.map { tree($0) }), "added") { run($0, addsSegments: true) }
        expectEverywhere(tree(parts.map { Array($0.joined()) }), "apart") { run($0, addsSegments: false) }
    }

    @Test(arguments: folds, [(9, 5), (300, 64), (70_000, 1)])
    func embeddingGradientsAreTheTreeOfTheLanes(lanes: Lanes, table: (rows: Int, width: Int)) {
        let (first, sequence, width) = (3, 20, table.width)
        var draws = Draws(seed: UInt64(table.rows))
        let tokens = (0..<lanes.samples * sequence).map { _ in
            // Half of them rows that recur, half any row, also of other ranks.
            Int32(draws.below(2) == 0 ? first + draws.below(3) : draws.below(table.rows + 6))
        }
        let dx = numbers(tokens.count * width, seed: 2)
        let accumulators = (0..<lanes.lanes).map { lane -> [Float] in
            var sums = [Float](repeating: 0, count: table.rows * width)
            for sample in lane * lanes.samplesPerLane..<(lane + 1) * lanes.samplesPerLane {
                let positions = sample * sequence..<(sample + 1) * sequence
                for row in Set(positions.map { Int(tokens[$0]) - first }).sorted()
                where (0..<table.rows).contains(row) {
                    for c in 0..<width {
                        let terms = positions.filter { Int(tokens[$0]) == row + first }
                        sums[row * width + c] += terms.reduce(Float(0)) { $0 + dx[$1 * width + c] }
                    }
                }
            }
            return sums
        }
        /// With the samples cut into so many calls; more than one keeps its slots between them.
        func run(_ context: OpaquePointer, calls: Int) -> [Float] {
            let slots = Slots(count: 4, size: table.rows * width, held: 0..<(calls == 1 ? 1 : 4))
            let samples = lanes.samples / calls
            for call in 0..<calls {
                let tokensBefore = call * samples * sequence
                serre_embedding_gradient_lanes(
                    context, Array(lanes.steps[(call * samples)...]), Int64(samples), Int64(sequence),
                    Array(tokens[tokensBefore...]), Int64(first), Int64(table.rows), Int64(width),
                    Array(dx[(tokensBefore * width)...]), slots.pointers, 4)
            }
            return slots[0]
        }
        expectEverywhere(tree(accumulators), "at once") { run($0, calls: 1) }
        expectEverywhere(tree(accumulators), "lane by lane") { run($0, calls: lanes.lanes) }
    }

    /// A lane's accumulator starts at +0, so a gradient of −0 alone becomes +0, and rows of no token are +0.
    @Test func zerosArePositive() {
        let step = [serre_lane_step(opens: true, closes: true, adds: 0, slot: 0)]
        expectEverywhere([0, 0]) { context in
            let slots = Slots(count: 1, size: 2, held: 0..<1)
            serre_embedding_gradient_lanes(context, step, 1, 1, [1], 0, 2, 1, [-0.0], slots.pointers, 1)
            return slots[0]
        }
    }
}
