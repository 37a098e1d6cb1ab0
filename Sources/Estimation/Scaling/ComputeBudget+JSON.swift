extension ComputeBudget: Encodable {
    enum CodingKeys: String, CodingKey {
        case acceleratorHours = "accelerator_hours"
        case parameters, tokens
        case tokensPerParameter = "tokens_per_parameter"
        case operations, layers, hidden, heads, ffn
        case loss = "predicted_loss"
        case nodes, estimate, alternatives
    }

    /// The keys of `serre budget --json`; `estimate` has those of `serre estimate --json`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let model = estimate.recipe.model
        try container.encode(question.acceleratorHours, forKey: .acceleratorHours)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(tokens, forKey: .tokens)
        try container.encode(tokensPerParameter, forKey: .tokensPerParameter)
        try container.encode(operations, forKey: .operations)
        try container.encode(model.layers, forKey: .layers)
        try container.encode(model.hidden, forKey: .hidden)
        try container.encode(model.heads, forKey: .heads)
        try container.encode(model.ffn, forKey: .ffn)
        try container.encode(loss, forKey: .loss)
        try container.encode(nodes, forKey: .nodes)
        try container.encode(estimate, forKey: .estimate)
        try container.encode(alternatives, forKey: .alternatives)
    }
}

extension ComputeBudget.Alternative: Encodable {
    enum CodingKeys: String, CodingKey {
        case law, source, parameters, tokens
        case loss = "predicted_loss"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(law.rawValue, forKey: .law)
        try container.encode(law.source, forKey: .source)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(tokens, forKey: .tokens)
        try container.encode(loss, forKey: .loss)
    }
}
