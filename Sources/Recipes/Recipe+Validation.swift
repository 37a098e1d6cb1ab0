import Diagnostics

extension Recipe {
    /// Refuses a recipe that breaks a rule of the arithmetic contract or contradicts itself, naming the legal values.
    ///
    /// Error codes begin with `recipe.` (or `layout.` for ``validate(_:)``); the location is the key alone.
    public func validate() throws(Diagnostic) {
        try validateModel()
        try validateFamily()
        if layout.style == .serre { try validateSegments() }
        try validateBatch()
        try validateOptimizer()
        try validateGuard()
        try validate(layout)
    }

    private func validateModel() throws(Diagnostic) {
        guard model.layers >= 1, model.hidden >= 1, model.heads >= 1, model.keyValueHeads >= 1,
            model.ffn >= 1, model.sequenceLength >= 1, model.vocabulary >= 1, segments >= 1, lanes >= 1
        else { throw Diagnostic("recipe.size", "a size of the model is less than 1", at: .init(key: "model")) }
        guard model.hidden % model.heads == 0 else {
            throw illegal(
                "recipe.heads", "model.heads", "the heads must divide the hidden size \(model.hidden)", model.heads,
                legal: divisors(of: model.hidden))
        }
        guard model.paddedVocabulary >= model.vocabulary else {
            throw Diagnostic(
                "recipe.vocabulary", "the padded vocabulary is smaller than the vocabulary",
                at: .init(key: "model.padded_vocabulary"), expected: "at least \(model.vocabulary)",
                found: "\(model.paddedVocabulary)")
        }
        guard data.tokenizer != "bytes" || model.vocabulary >= 257 else {
            throw Diagnostic(
                "recipe.vocabulary", "the tokeniser bytes has 257 ids (256 bytes and the document end)",
                at: .init(key: "model.vocabulary"), expected: "at least 257", found: "\(model.vocabulary)")
        }
    }

    /// Rule A5: the segments divide every length that tensor parallelism could split.
    private func validateSegments() throws(Diagnostic) {
        let lengths = [
            ("model.hidden", "the hidden size", model.hidden), ("model.ffn", "the MLP width", model.ffn),
            ("model.padded_vocabulary", "the padded vocabulary", model.paddedVocabulary),
            ("model.sequence_length", "the sequence length", model.sequenceLength),
        ]
        for (key, name, length) in lengths where length % segments != 0 {
            let below = length / segments * segments
            let nearest = below == 0 ? "\(segments)" : "\(below) or \(below + segments)"
            throw Diagnostic(
                "recipe.segments", "\(name) must be a multiple of segments (\(segments))", at: .init(key: key),
                expected: nearest, found: "\(length)", remedy: "or choose segments that divide it")
        }
        guard model.attentionWidth % segments == 0 else {
            let legal = divisors(of: model.heads).filter { (model.heads + 2 * $0) * model.headSize % segments == 0 }
            throw illegal(
                "recipe.segments", "model.key_value_heads",
                "the width of queries, keys and values, \(model.attentionWidth), must be a multiple of segments "
                    + "(\(segments))", model.keyValueHeads, legal: legal)
        }
    }

    /// What only some families have: grouped queries, rotary positions, a head of its own.
    private func validateFamily() throws(Diagnostic) {
        guard model.heads % model.keyValueHeads == 0 else {
            throw illegal(
                "recipe.key-value-heads", "model.key_value_heads",
                "the heads of keys and values must divide the \(model.heads) heads", model.keyValueHeads,
                legal: divisors(of: model.heads))
        }
        let traits = model.family.traits
        guard traits.groupsQueries || model.keyValueHeads == model.heads else {
            throw unfit("has a key and a value per head", expected: Model.Family.named(\.groupsQueries))
        }
        guard traits.choosesHead || model.tiedHead == traits.tiesHead else {
            throw unfit(
                "has \(traits.tiesHead ? "a tied head" : "a head of its own")",
                expected: Model.Family.named { $0.choosesHead || $0.tiesHead == model.tiedHead })
        }
        if traits.positions == .rotary { try validateRotary() }
    }

    private func unfit(_ what: String, expected: String) -> Diagnostic {
        Diagnostic(
            "recipe.family", "the family \(model.family.rawValue) \(what)", at: .init(key: "model.family"),
            expected: expected, found: model.family.rawValue)
    }

    private func validateRotary() throws(Diagnostic) {
        guard model.headSize % 2 == 0 else {
            throw illegal(
                "recipe.rotary", "model.heads",
                "rotary positions need an even head size, and hidden / heads is \(model.headSize)", model.heads,
                legal: divisors(of: model.hidden).filter { model.hidden / $0 % 2 == 0 })
        }
        guard model.rotaryBase > 1 else {
            throw Diagnostic(
                "recipe.rotary", "the frequencies of rotary positions must fall", at: .init(key: "model.rotary_base"),
                expected: "more than 1", found: "\(model.rotaryBase)")
        }
        try model.rotaryScaling?.validate()
        guard model.sequenceLength <= Self.rotaryPositionsMax else {
            throw Diagnostic(
                "recipe.rotary", "angles of later positions are not computed exactly enough",
                at: .init(key: "model.sequence_length"), expected: "at most \(Self.rotaryPositionsMax)",
                found: "\(model.sequenceLength)")
        }
    }

    /// The contract's sine and cosine take angles up to 2^20 quarter turns, and the fastest turns one radian per position.
    static let rotaryPositionsMax = 1 << 20

    /// Samples of one step: bounded, so that nothing computed from them overflows.
    static let batchRange = 1...1 << 24

    private func validateBatch() throws(Diagnostic) {
        if let ramp = batch.rampUp, ramp.start > batch.global {
            throw Diagnostic(
                "recipe.ramp-up", "the ramp starts above the global batch, and batches only grow",
                at: .init(key: "batch.ramp_up.start"), expected: "at most \(batch.global), the global batch",
                found: "\(ramp.start)", remedy: "or leave the ramp out with --set batch.ramp_up=null")
        }
        let named =
            [("batch.global", batch.global)]
            + (batch.growth.map { [("batch.ramp_up.start", $0.start), ("batch.ramp_up.increment", $0.increment)] } ?? [])
        for (key, size) in named {
            guard Self.batchRange.contains(size) else {
                throw Diagnostic(
                    "recipe.batch", "a batch cannot have this size", at: .init(key: key),
                    expected: "from \(Self.batchRange.lowerBound) to \(Self.batchRange.upperBound)", found: "\(size)")
            }
            guard layout.style != .serre || size % lanes == 0 else {
                let below = max(1, size / lanes) * lanes
                throw Diagnostic(
                    "recipe.lanes", "every batch must be a multiple of lanes (\(lanes))", at: .init(key: key),
                    expected: below > size ? "\(below)" : "\(below) or \(below + lanes)", found: "\(size)",
                    remedy: "or choose lanes that divide it")
            }
        }
        guard let ramp = batch.growth else { return }
        guard (batch.global - ramp.start) % ramp.increment == 0 else {
            throw illegal(
                "recipe.ramp-up", "batch.ramp_up.increment",
                "whole increments must lead from the ramp's start (\(ramp.start)) to the global batch (\(batch.global))",
                ramp.increment,
                legal: divisors(of: batch.global - ramp.start).filter { layout.style != .serre || $0 % lanes == 0 })
        }
    }

    private func validateOptimizer() throws(Diagnostic) {
        guard optimizer.learningRateMinimum <= optimizer.learningRatePeak else {
            throw Diagnostic(
                "recipe.learning-rate", "the minimum is above the peak",
                at: .init(key: "optimizer.learning_rate_minimum"), expected: "at most \(optimizer.learningRatePeak)",
                found: "\(optimizer.learningRateMinimum)")
        }
        guard optimizer.warmupSamples < optimizer.decaySamples else {
            throw Diagnostic(
                "recipe.decay", "the decay must end after the warm-up", at: .init(key: "optimizer.decay_samples"),
                expected: "more than \(optimizer.warmupSamples)", found: "\(optimizer.decaySamples)")
        }
        guard optimizer.trainSamples >= 1 else {
            throw Diagnostic(
                "recipe.train-samples", "there is nothing to train on", at: .init(key: "optimizer.train_samples"),
                expected: "at least 1", found: "\(optimizer.trainSamples)")
        }
        if let extended = optimizer.extendedSamples, extended <= optimizer.trainSamples {
            throw Diagnostic(
                "recipe.train-samples", "a run can only be made longer",
                at: .init(key: "optimizer.extended_samples"), expected: "more than \(optimizer.trainSamples)",
                found: "\(extended)", remedy: "leave the key out; --steps ends a run earlier")
        }
    }
}

/// A refusal that names the nearest legal values, or all of them if they are few.
func illegal(_ code: String, _ key: String, _ message: String, _ found: Int, legal: [Int]) -> Diagnostic {
    let listed: String
    switch legal.count {
    case 0: listed = "a legal value, but there is none with the other values"
    case 1: listed = "\(legal[0])"
    case 2...8: listed = "one of " + legal.map { "\($0)" }.joined(separator: ", ")
    default:
        let below = legal.last { $0 < found }
        let above = legal.first { $0 > found }
        listed =
            [below, above].compactMap { $0.map { "\($0)" } }.joined(separator: " or ") + " (the nearest legal values)"
    }
    return Diagnostic(code, message, at: .init(key: key), expected: listed, found: "\(found)")
}
