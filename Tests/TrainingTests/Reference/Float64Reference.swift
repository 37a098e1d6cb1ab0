import Foundation

/// A model in float64, written to be read: the truth that the engine's float32 results are compared with.
///
/// It shares no code with the engine. Parameters have the engine's names, order and orientation: projections back into
/// the residual stream are `[in, out]`, every other matrix is `[out, in]`, and the rows of the fused attention input are
/// the queries, the key and the value of the first head (of keys and values), then of the next, and so on.
struct Float64Reference {
    var family = Family.bloom
    var layers: Int
    var hidden: Int
    var heads: Int
    /// Heads of keys and values; as many as heads where there is no choice.
    var keyValueHeads: Int?
    /// Width of the MLP; four times the hidden size where there is no choice.
    var ffn: Int?
    var vocabulary: Int
    /// Learned positions, where there are any.
    var positions = 0
    var rotaryBase = 10_000.0
    var normEpsilon = 1e-5

    enum Family: String { case bloom, llama, gpt2 }

    /// One named tensor, row-major.
    struct Parameter {
        var name: String
        var shape: [Int]
        var values: [Double]
    }

    var headSize: Int { hidden / heads }
    /// Query heads of each head of keys and values.
    var queries: Int { heads / (keyValueHeads ?? heads) }

    /// The mean cross entropy over every sample's targets; each sample is sequence + 1 ids.
    func loss(_ parameters: [Parameter], tokens: [[Int]]) -> Double {
        var sum = 0.0
        for sample in tokens {
            for (row, target) in zip(logits(parameters, inputs: sample.dropLast()), sample.dropFirst()) {
                let largest = row.reduce(-Double.infinity, max)
                sum += largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - row[target]
            }
        }
        return sum / Double(tokens.reduce(0) { $0 + $1.count - 1 })
    }

    /// The derivative of the loss by one element, from both sides: `(f(x + δ) − f(x − δ)) / 2δ`.
    ///
    /// The default δ balances the two errors: δ²·f‴/6 from the curve and about 10⁻¹⁵/δ from rounding, both near 10⁻¹⁰.
    func centralDifference(
        _ parameters: [Parameter], tokens: [[Int]], parameter: Int, element: Int, delta: Double = 2e-5
    ) -> Double {
        var moved = parameters
        let x = parameters[parameter].values[element]
        moved[parameter].values[element] = x + delta
        let above = loss(moved, tokens: tokens)
        moved[parameter].values[element] = x - delta
        return (above - loss(moved, tokens: tokens)) / (2 * delta)
    }

    /// One row of logits, padded vocabulary included, for every input id of one sample.
    func logits(_ parameters: [Parameter], inputs: some Collection<Int>) -> [[Double]] {
        let tensors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.values) })
        func tensor(_ name: String) -> [Double] {
            guard let values = tensors[name] else { preconditionFailure("no parameter \(name)") }
            return values
        }
        func norm(_ rows: [[Double]], _ name: String) -> [[Double]] {
            let weight = tensor(name + ".weight")
            guard hasBiases else { return rows.map { rootMeanSquareNorm($0, weight: weight) } }
            let bias = tensor(name + ".bias")
            return rows.map { layerNorm($0, weight: weight, bias: bias) }
        }
        func biased(_ row: [Double], _ name: String) -> [Double] {
            hasBiases ? plus(tensor(name + ".bias"), row) : row
        }
        let names = names
        let embedding = tensor(names.embedding + ".weight")
        var residual = inputs.map { Array(embedding[$0 * hidden..<($0 + 1) * hidden]) }
        if family == .bloom { residual = norm(residual, names.embedding + "_layernorm") }
        if family == .gpt2 {
            let table = tensor("wpe.weight")
            residual = residual.enumerated().map { plus($1, Array(table[$0 * hidden..<($0 + 1) * hidden])) }
        }
        for layer in 0..<layers {
            let block = "\(names.block).\(layer)."
            func input(_ row: [Double], _ name: String) -> [Double] {
                biased(timesRows(row, tensor(block + name + ".weight")), block + name)
            }
            func output(_ row: [Double], _ name: String) -> [Double] {
                biased(timesColumns(row, tensor(block + name + ".weight")), block + name)
            }
            let fused = norm(residual, block + names.attentionNorm).map { input($0, names.attentionInput) }
            residual = zip(residual, attend(fused)).map { plus($0, output($1, names.attentionOutput)) }
            let activated = norm(residual, block + names.mlpNorm).map { activate(input($0, names.mlpInput)) }
            residual = zip(residual, activated).map { plus($0, output($1, names.mlpOutput)) }
        }
        let head = family == .llama ? tensor("lm_head.weight") : embedding
        return norm(residual, names.finalNorm).map { timesRows($0, head) }
    }

    /// Causal attention of one sample: one context row (heads side by side) per fused query-key-value row.
    private func attend(_ fused: [[Double]]) -> [[Double]] {
        /// One head of a row, turned by its position where positions are rotary.
        func turned(_ row: Int, _ start: Int) -> [Double] {
            let head = Array(fused[row][start..<start + headSize])
            return family == .llama ? rotated(head, position: row) : head
        }
        return fused.indices.map { query in
            (0..<heads).flatMap { head -> [Double] in
                let group = head / queries * (queries + 2) * headSize
                let (keyStart, valueStart) = (group + queries * headSize, group + (queries + 1) * headSize)
                let q = turned(query, group + head % queries * headSize)
                let scores = (0...query).map { key in
                    let product = zip(q, turned(key, keyStart)).reduce(0) { $0 + $1.0 * $1.1 }
                    let bias = family == .bloom ? alibiSlope(head: head) * Double(key) : 0
                    return product / Double(headSize).squareRoot() + bias
                }
                let largest = scores.reduce(-Double.infinity, max)
                let weights = scores.map { exp($0 - largest) }
                let sum = weights.reduce(0, +)
                return (0..<headSize).map { feature in
                    (0...query).reduce(0.0) { $0 + weights[$1] * fused[$1][valueStart + feature] } / sum
                }
            }
        }
    }

    /// The slope of a head's linear bias: with n the largest power of two ≤ heads, `2^(−8(i+1)/n)` for the first n heads;
    /// the others take every second slope of the sequence for 2n heads, starting with its first.
    func alibiSlope(head: Int) -> Double {
        var power = 1
        while power * 2 <= heads { power *= 2 }
        return head < power
            ? exp2(-8 * Double(head + 1) / Double(power))
            : exp2(-8 * Double(2 * (head - power) + 1) / Double(2 * power))
    }

    private func layerNorm(_ row: [Double], weight: [Double], bias: [Double]) -> [Double] {
        let mean = row.reduce(0, +) / Double(hidden)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(hidden)
        let scale = 1 / (variance + normEpsilon).squareRoot()
        return row.indices.map { (row[$0] - mean) * scale * weight[$0] + bias[$0] }
    }

    private func rootMeanSquareNorm(_ row: [Double], weight: [Double]) -> [Double] {
        let scale = 1 / (row.reduce(0) { $0 + $1 * $1 } / Double(hidden) + normEpsilon).squareRoot()
        return row.indices.map { row[$0] * scale * weight[$0] }
    }
}

private func plus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }

/// A row times the transpose of an `[out, in]` matrix. Pointers keep the tests quick without optimisation.
private func timesRows(_ row: [Double], _ matrix: [Double]) -> [Double] {
    let outputs = matrix.count / row.count
    return row.withUnsafeBufferPointer { row in
        matrix.withUnsafeBufferPointer { matrix in
            (0..<outputs).map { output in
                var sum = 0.0
                var k = 0
                while k < row.count {
                    sum += row[k] * matrix[output * row.count + k]
                    k += 1
                }
                return sum
            }
        }
    }
}

/// A row times an `[in, out]` matrix.
private func timesColumns(_ row: [Double], _ matrix: [Double]) -> [Double] {
    let outputs = matrix.count / row.count
    var result = [Double](repeating: 0, count: outputs)
    result.withUnsafeMutableBufferPointer { result in
        matrix.withUnsafeBufferPointer { matrix in
            for (k, factor) in row.enumerated() {
                var output = 0
                while output < outputs {
                    result[output] += factor * matrix[k * outputs + output]
                    output += 1
                }
            }
        }
    }
    return result
}
