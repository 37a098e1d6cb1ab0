import Foundation

/// A BLOOM model in float64, written to be read: the truth that the engine's float32 results are compared with.
///
/// It shares no code with the engine. Parameters have the engine's names, order and orientation:
/// `self_attention.dense.weight` and `mlp.dense_4h_to_h.weight` are `[in, out]`, every other matrix is `[out, in]`, and
/// the rows of `query_key_value` are the query, key and value of head 0, then of head 1, and so on.
struct Float64Reference {
    var layers: Int
    var hidden: Int
    var heads: Int
    var vocabulary: Int
    var normEpsilon = 1e-5

    /// One named tensor, row-major.
    struct Parameter {
        var name: String
        var shape: [Int]
        var values: [Double]
    }

    var headSize: Int { hidden / heads }

    /// The names and shapes of all parameters, in model order; the head is the word embedding.
    var parameterShapes: [(name: String, shape: [Int])] {
        func norm(_ name: String) -> [(name: String, shape: [Int])] {
            [(name + ".weight", [hidden]), (name + ".bias", [hidden])]
        }
        func linear(_ name: String, _ weight: [Int], bias: Int) -> [(name: String, shape: [Int])] {
            [(name + ".weight", weight), (name + ".bias", [bias])]
        }
        var shapes = [(name: "word_embeddings.weight", shape: [vocabulary, hidden])]
        shapes += norm("word_embeddings_layernorm")
        for layer in 0..<layers {
            let block = "h.\(layer)."
            shapes += norm(block + "input_layernorm")
            shapes += linear(block + "self_attention.query_key_value", [3 * hidden, hidden], bias: 3 * hidden)
            shapes += linear(block + "self_attention.dense", [hidden, hidden], bias: hidden)
            shapes += norm(block + "post_attention_layernorm")
            shapes += linear(block + "mlp.dense_h_to_4h", [4 * hidden, hidden], bias: 4 * hidden)
            shapes += linear(block + "mlp.dense_4h_to_h", [4 * hidden, hidden], bias: hidden)
        }
        return shapes + norm("ln_f")
    }

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
            let (weight, bias) = (tensor(name + ".weight"), tensor(name + ".bias"))
            return rows.map { layerNorm($0, weight: weight, bias: bias) }
        }
        let embedding = tensor("word_embeddings.weight")
        let embedded = inputs.map { Array(embedding[$0 * hidden..<($0 + 1) * hidden]) }
        var residual = norm(embedded, "word_embeddings_layernorm")
        for layer in 0..<layers {
            let block = "h.\(layer)."
            func weight(_ name: String) -> [Double] { tensor(block + name + ".weight") }
            func bias(_ name: String) -> [Double] { tensor(block + name + ".bias") }
            let attention = "self_attention."
            let fused = norm(residual, block + "input_layernorm").map {
                plus(bias(attention + "query_key_value"), timesRows($0, weight(attention + "query_key_value")))
            }
            residual = zip(residual, attend(fused)).map {
                plus($0, plus(bias(attention + "dense"), timesColumns($1, weight(attention + "dense"))))
            }
            let activated = norm(residual, block + "post_attention_layernorm").map {
                plus(bias("mlp.dense_h_to_4h"), timesRows($0, weight("mlp.dense_h_to_4h"))).map(gelu)
            }
            residual = zip(residual, activated).map {
                plus($0, plus(bias("mlp.dense_4h_to_h"), timesColumns($1, weight("mlp.dense_4h_to_h"))))
            }
        }
        return norm(residual, "ln_f").map { timesRows($0, embedding) }
    }

    /// Causal attention of one sample: one context row (heads side by side) per fused query-key-value row.
    private func attend(_ fused: [[Double]]) -> [[Double]] {
        fused.indices.map { query in
            (0..<heads).flatMap { head -> [Double] in
                let start = 3 * head * headSize
                let scores = (0...query).map { key in
                    let product = (0..<headSize).reduce(0.0) {
                        $0 + fused[query][start + $1] * fused[key][start + headSize + $1]
                    }
                    return product / Double(headSize).squareRoot() + alibiSlope(head: head) * Double(key)
                }
                let largest = scores.reduce(-Double.infinity, max)
                let weights = scores.map { exp($0 - largest) }
                let sum = weights.reduce(0, +)
                return (0..<headSize).map { feature in
                    (0...query).reduce(0.0) { $0 + weights[$1] * fused[$1][start + 2 * headSize + feature] } / sum
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

    /// GELU in its tanh form, with the published code's rounded constant for √(2/π).
    private func gelu(_ x: Double) -> Double {
        0.5 * x * (1 + tanh(0.79788456 * x * (1 + 0.044715 * x * x)))
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
