import Foundation

/// What differs between families: names and shapes, positions, the MLP's activation.
extension Float64Reference {
    struct Names {
        var embedding, block, attentionNorm, attentionInput, attentionOutput, mlpNorm, mlpInput, mlpOutput: String
        var finalNorm: String
    }

    var names: Names {
        switch family {
        case .bloom:
            Names(
                embedding: "word_embeddings", block: "h", attentionNorm: "input_layernorm",
                attentionInput: "self_attention.query_key_value", attentionOutput: "self_attention.dense",
                mlpNorm: "post_attention_layernorm", mlpInput: "mlp.dense_h_to_4h", mlpOutput: "mlp.dense_4h_to_h",
                finalNorm: "ln_f")
        case .llama:
            Names(
                embedding: "embed_tokens", block: "layers", attentionNorm: "input_layernorm",
                attentionInput: "self_attn.qkv_proj", attentionOutput: "self_attn.o_proj",
                mlpNorm: "post_attention_layernorm", mlpInput: "mlp.gate_up_proj", mlpOutput: "mlp.down_proj",
                finalNorm: "norm")
        case .gpt2:
            Names(
                embedding: "wte", block: "h", attentionNorm: "ln_1", attentionInput: "attn.c_attn",
                attentionOutput: "attn.c_proj", mlpNorm: "ln_2", mlpInput: "mlp.c_fc", mlpOutput: "mlp.c_proj",
                finalNorm: "ln_f")
        }
    }

    var hasBiases: Bool { family != .llama }

    /// The names and shapes of all parameters, in model order; but for Llama the head is the embedding.
    var parameterShapes: [(name: String, shape: [Int])] {
        func norm(_ name: String) -> [(name: String, shape: [Int])] {
            [(name + ".weight", [hidden])] + (hasBiases ? [(name + ".bias", [hidden])] : [])
        }
        func linear(_ name: String, _ weight: [Int], bias: Int) -> [(name: String, shape: [Int])] {
            [(name + ".weight", weight)] + (hasBiases ? [(name + ".bias", [bias])] : [])
        }
        let ffn = ffn ?? 4 * hidden
        let fused = (heads + 2 * heads / queries) * headSize
        let expanded = family == .llama ? 2 * ffn : ffn
        var shapes = [(name: names.embedding + ".weight", shape: [vocabulary, hidden])]
        if family == .bloom { shapes += norm(names.embedding + "_layernorm") }
        if family == .gpt2 { shapes.append(("wpe.weight", [positions, hidden])) }
        for layer in 0..<layers {
            let block = "\(names.block).\(layer)."
            shapes += norm(block + names.attentionNorm)
            shapes += linear(block + names.attentionInput, [fused, hidden], bias: fused)
            shapes += linear(block + names.attentionOutput, [hidden, hidden], bias: hidden)
            shapes += norm(block + names.mlpNorm)
            shapes += linear(block + names.mlpInput, [expanded, hidden], bias: expanded)
            shapes += linear(block + names.mlpOutput, [ffn, hidden], bias: hidden)
        }
        shapes += norm(names.finalNorm)
        if family == .llama { shapes.append(("lm_head.weight", [vocabulary, hidden])) }
        return shapes
    }

    /// A head whose number f turned with number f + size/2, by an angle that grows with the position.
    func rotated(_ head: [Double], position: Int) -> [Double] {
        let half = headSize / 2
        var turned = head
        for d in 0..<half {
            let angle = Double(position) * pow(rotaryBase, -2 * Double(d) / Double(headSize))
            turned[d] = head[d] * cos(angle) - head[d + half] * sin(angle)
            turned[d + half] = head[d + half] * cos(angle) + head[d] * sin(angle)
        }
        return turned
    }

    /// GELU, or the gated unit over pairs of gate and up.
    func activate(_ row: [Double]) -> [Double] {
        guard family == .llama else { return row.map(gelu) }
        return stride(from: 0, to: row.count, by: 2).map { i -> Double in
            let (gate, up) = (row[i], row[i + 1])
            return gate / (1 + exp(-gate)) * up
        }
    }

    /// GELU in its tanh form. BLOOM's code rounds √(2/π) to 0.79788456, GPT-2's does not.
    private func gelu(_ x: Double) -> Double {
        let root = family == .bloom ? 0.79788456 : (2 / Double.pi).squareRoot()
        return 0.5 * x * (1 + tanh(root * x * (1 + 0.044715 * x * x)))
    }
}
