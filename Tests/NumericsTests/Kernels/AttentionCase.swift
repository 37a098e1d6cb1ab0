import CKernels

/// One attention pass: its operands, the kernels' answer and the definition's.
struct AttentionCase: Sendable, CustomStringConvertible {
    let samples: Int
    let sequence: Int
    let heads: Int
    /// Heads of keys and values.
    let groups: Int
    let size: Int
    let ld: Int
    let ldOut: Int
    let scale: Float
    /// `nil` for attention without a bias.
    let slopes: [Float]?
    var qkv: [Float]
    let dout: [Float]

    var description: String {
        "\(samples)×\(sequence), \(heads) heads of \(size) in \(groups) groups, ld \(ld)"
            + (slopes == nil ? ", no bias" : "")
    }

    /// `padding` is added to both leading dimensions; larger `spread`, sharper softmax.
    init(
        samples: Int, sequence: Int, heads: Int, groups: Int? = nil, size: Int, padding: Int = 0, spread: Float = 1,
        hasBias: Bool = true
    ) {
        (self.samples, self.sequence, self.heads, self.size) = (samples, sequence, heads, size)
        self.groups = groups ?? heads
        ld = (heads + 2 * self.groups) * size + padding
        ldOut = heads * size + padding
        scale = 1 / Float(size).squareRoot()
        slopes = hasBias ? (0..<heads).map { 0.7 / Float($0 + 1) } : nil
        qkv = numbers(samples * sequence * ld, seed: UInt64(sequence * 1000 + size), scale: 2 * spread)
        dout = numbers(samples * sequence * ldOut, seed: UInt64(size))
    }

    struct Forward {
        var out: [Float]
        var max: [Float]
        var sum: [Float]
        var everything: [Float] { out + max + sum }
    }

    /// Outputs start as sevens, so that what lies between heads shows if it is written.
    private var untouched: Forward {
        let statistics = [Float](repeating: 7, count: samples * heads * sequence)
        return Forward(out: [Float](repeating: 7, count: samples * sequence * ldOut), max: statistics, sum: statistics)
    }

    func forward(_ context: OpaquePointer) -> Forward {
        var result = untouched
        serre_attention(
            context, Int64(samples), Int64(sequence), Int64(heads), Int64(groups), Int64(size), qkv, Int64(ld),
            slopes, scale, &result.out, Int64(ldOut), &result.max, &result.sum)
        return result
    }

    func backward(_ context: OpaquePointer, _ kept: Forward) -> [Float] {
        var dqkv = [Float](repeating: 7, count: qkv.count)
        serre_attention_backward(
            context, Int64(samples), Int64(sequence), Int64(heads), Int64(groups), Int64(size), qkv, Int64(ld),
            slopes, scale, kept.max, kept.sum, dout, Int64(ldOut), &dqkv)
        return dqkv
    }

    // MARK: The definition

    /// One head of one sample: where its numbers lie.
    private struct Head {
        let test: AttentionCase
        let sample: Int
        let head: Int

        var queries: Int { test.heads / test.groups }
        /// Number d of the head at `place` among its group's queries, key and value.
        func number(_ row: Int, _ place: Int, _ d: Int) -> Int {
            let first = head / queries * (queries + 2)
            return (sample * test.sequence + row) * test.ld + (first + place) * test.size + d
        }
        func q(_ i: Int, _ d: Int) -> Int { number(i, head % queries, d) }
        func k(_ j: Int, _ d: Int) -> Int { number(j, queries, d) }
        func v(_ j: Int, _ d: Int) -> Int { number(j, queries + 1, d) }
        func out(_ i: Int, _ d: Int) -> Int { (sample * test.sequence + i) * test.ldOut + head * test.size + d }
        func statistic(_ i: Int) -> Int { (sample * test.heads + head) * test.sequence + i }

        /// s for the keys j ≤ i.
        func scores(_ i: Int) -> [Float] {
            (0...i).map { j in
                let dot = (0..<test.size).reduce(Float(0)) { $0.addingProduct(test.qkv[q(i, $1)], test.qkv[k(j, $1)]) }
                return test.slopes.map { dot * test.scale + $0[head] * Float(j) } ?? dot * test.scale
            }
        }
    }

    private var everyHead: [Head] {
        (0..<samples).flatMap { sample in (0..<heads).map { Head(test: self, sample: sample, head: $0) } }
    }

    func reference() -> Forward {
        var result = untouched
        for head in everyHead {
            for i in 0..<sequence {
                let s = head.scores(i)
                // Adding +0 makes a largest zero +0.
                let max = s.reduce(s[0]) { $1 > $0 ? $1 : $0 } + 0
                let e = exponentials(s.map { $0 - max })
                let sum: Float = strided(i + 1) { $0 + e[$1] }
                for d in 0..<size {
                    result.out[head.out(i, d)] = (0...i).reduce(Float(0)) { chain, j in
                        chain.addingProduct(e[j] / sum, qkv[head.v(j, d)])
                    }
                }
                result.max[head.statistic(i)] = max
                result.sum[head.statistic(i)] = sum
            }
        }
        return result
    }

    func referenceGradient(_ kept: Forward) -> [Float] {
        var dqkv = [Float](repeating: 7, count: qkv.count)
        for head in everyHead {
            // A group's keys and values sum over its query heads in one chain, and are scaled at its end.
            let (opens, closes) = (head.head % head.queries == 0, head.head % head.queries == head.queries - 1)
            var p: [[Float]] = []
            var ds: [[Float]] = []
            for i in 0..<sequence {
                let e = exponentials(head.scores(i).map { $0 - kept.max[head.statistic(i)] })
                let row = e.map { $0 / kept.sum[head.statistic(i)] }
                let dp = (0...i).map { j in
                    (0..<size).reduce(Float(0)) { $0.addingProduct(dout[head.out(i, $1)], qkv[head.v(j, $1)]) }
                }
                let total: Float = strided(i + 1) { $0.addingProduct(row[$1], dp[$1]) }
                p.append(row)
                ds.append((0...i).map { row[$0] * (dp[$0] - total) })
            }
            for t in 0..<sequence {
                for d in 0..<size {
                    dqkv[head.q(t, d)] =
                        scale * (0...t).reduce(Float(0)) { $0.addingProduct(ds[t][$1], qkv[head.k($1, d)]) }
                    let dk = (t..<sequence).reduce(opens ? 0 : dqkv[head.k(t, d)]) {
                        $0.addingProduct(ds[$1][t], qkv[head.q($1, d)])
                    }
                    dqkv[head.k(t, d)] = closes ? scale * dk : dk
                    dqkv[head.v(t, d)] = (t..<sequence).reduce(opens ? 0 : dqkv[head.v(t, d)]) {
                        $0.addingProduct(p[$1][t], dout[head.out($1, d)])
                    }
                }
            }
        }
        return dqkv
    }
}
