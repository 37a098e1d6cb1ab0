import Diagnostics
import TypedYAML

extension Recipe {
    /// Reads a recipe from a document, fills in the defaults and validates it; every refusal names file, line and key.
    public init(reading document: YAMLDocument) throws(Diagnostic) {
        self = try Self.decode(document.value.section(Key.self))
        do throws(Diagnostic) {
            try validate()
        } catch {
            var located = error
            if let key = error.location?.key { located.location = document.location(of: key) }
            throw located
        }
    }

    private static func decode(_ reader: YAMLReader<Key>) throws(Diagnostic) -> Recipe {
        let batch = try Batch(reading: reader.section(.batch, Batch.Key.self))
        let segments = try reader.optional(.segments)?.integer(in: 1...4096) ?? 8
        return Recipe(
            name: try reader.required(.name).text(),
            seed: try reader.optional(.seed)?.unsigned() ?? 42,
            numerics: try reader.optional(.numerics)?.choice() ?? .exact1,
            precision: try reader.optional(.precision)?.choice() ?? .float32,
            segments: segments,
            lanes: try reader.optional(.lanes)?.integer(in: 1...65536),
            model: try Model(reading: reader.section(.model, Model.Key.self), segments: segments),
            data: try DataSource(reading: reader.section(.data, DataSource.Key.self)),
            batch: batch,
            optimizer: try Optimizer(reading: reader.section(.optimizer, Optimizer.Key.self)),
            layout: try Layout(reading: reader.section(.layout, Layout.Key.self)),
            checkpoint: try CheckpointPolicy(reading: reader.section(.checkpoint, CheckpointPolicy.Key.self)),
            guardPolicy: try GuardPolicy(reading: reader.section(.guardPolicy, GuardPolicy.Key.self)),
            evaluation: try EvaluationPolicy(reading: reader.section(.evaluation, EvaluationPolicy.Key.self)),
            ledger: try LedgerPolicy(reading: reader.section(.ledger, LedgerPolicy.Key.self)),
            audit: try AuditPolicy(reading: reader.section(.audit, AuditPolicy.Key.self)),
            digestEvery: try reader.optional(.digestEvery)?.integer(in: 1...) ?? 100)
    }

    enum Key: String, CaseIterable {
        case name, seed, numerics, precision, segments, lanes, model, data, batch, optimizer, layout, checkpoint
        case guardPolicy = "guard"
        case evaluation, ledger, audit
        case digestEvery = "digest_every"
    }
}

/// Sizes are bounded so that products of two of them, and the parameter count, stay far from overflow.
private let samplesRange = 1...1_000_000_000_000

extension Recipe.Model {
    enum Key: String, CaseIterable {
        case family, layers, hidden, heads
        case keyValueHeads = "key_value_heads"
        case ffn
        case sequenceLength = "sequence_length"
        case vocabulary
        case paddedVocabulary = "padded_vocabulary"
        case layerNormEpsilon = "layer_norm_epsilon"
        case rotaryBase = "rotary_base"
        case rotaryScaling = "rotary_scaling"
        case tiedHead = "tied_head"
        case initialStandardDeviation = "initial_standard_deviation"
        case initialEmbedding = "initial_embedding"
    }

    fileprivate init(reading reader: YAMLReader<Key>, segments: Int) throws(Diagnostic) {
        let vocabulary = try reader.required(.vocabulary).integer(in: 1...1 << 24)
        let nextMultiple = (vocabulary + segments - 1) / segments * segments
        let family: Family = try reader.optional(.family)?.choice() ?? .bloom
        for key in [Key.keyValueHeads, .rotaryBase, .rotaryScaling, .tiedHead] where !family.traits.knows(key) {
            guard let value = reader.optional(key) else { continue }
            throw Diagnostic(
                "recipe.family", "the family \(family.rawValue) has no such choice", at: value.location,
                expected: "this key with family: \(Family.named { $0.knows(key) }) only", remedy: "remove the key")
        }
        var rotaryScaling: RotaryScaling?
        if let scaling = try reader.optional(.rotaryScaling)?.section(RotaryScaling.Key.self) {
            rotaryScaling = try RotaryScaling(reading: scaling)
        }
        self.init(
            family: family,
            layers: try reader.required(.layers).integer(in: 1...4096),
            hidden: try reader.required(.hidden).integer(in: 1...1 << 18),
            heads: try reader.required(.heads).integer(in: 1...1 << 14),
            keyValueHeads: try reader.optional(.keyValueHeads)?.integer(in: 1...1 << 14),
            ffn: try reader.optional(.ffn)?.integer(in: 1...1 << 20),
            sequenceLength: try reader.required(.sequenceLength).integer(in: 1...1 << 22),
            vocabulary: vocabulary,
            paddedVocabulary: try reader.optional(.paddedVocabulary)?.integer(in: 1...1 << 24) ?? nextMultiple,
            layerNormEpsilon: try reader.optional(.layerNormEpsilon)?.number(.positive) ?? 1e-5,
            rotaryBase: try reader.optional(.rotaryBase)?.number(.positive) ?? 10_000,
            rotaryScaling: rotaryScaling,
            tiedHead: try reader.optional(.tiedHead)?.boolean(),
            initialStandardDeviation: try reader.optional(.initialStandardDeviation)?.number(.positive) ?? 0.02,
            initialEmbedding: try reader.optional(.initialEmbedding)?.choice())
    }
}

extension Recipe.Model.Family.Traits {
    /// Whether a key that only some families have means something here.
    func knows(_ key: Recipe.Model.Key) -> Bool {
        switch key {
        case .keyValueHeads: groupsQueries
        case .rotaryBase, .rotaryScaling: positions == .rotary
        case .tiedHead: choosesHead
        default: true
        }
    }
}

extension Recipe.DataSource {
    enum Key: String, CaseIterable {
        case corpus, tokenizer, weights
        case samplingExponent = "sampling_exponent"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            corpus: try reader.optional(.corpus)?.text(),
            tokenizer: try reader.optional(.tokenizer)?.text() ?? "bytes",
            weights: try reader.optional(.weights).map(Self.weights),
            samplingExponent: try reader.optional(.samplingExponent)?.number(.between(0, 1)))
        guard weights == nil || samplingExponent == nil else {
            throw Diagnostic(
                "recipe.weights", "the languages' parts are said twice",
                at: reader.optional(.samplingExponent)?.location, expected: "weights or sampling_exponent",
                remedy: "remove one of them")
        }
    }

    private static func weights(_ value: YAMLValue) throws(Diagnostic) -> [String: Double] {
        var weights: [String: Double] = [:]
        for (language, weight) in try value.entries("language codes") {
            weights[language] = try weight.number(.nonNegative)
        }
        return weights
    }
}

extension Recipe.Batch {
    enum Key: String, CaseIterable {
        case global
        case rampUp = "ramp_up"
    }
    enum RampUpKey: String, CaseIterable { case start, increment, samples }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        var rampUp: RampUp?
        if let ramp = try reader.optional(.rampUp)?.section(RampUpKey.self) {
            rampUp = RampUp(
                start: try ramp.required(.start).integer(in: Recipe.batchRange),
                increment: try ramp.required(.increment).integer(in: Recipe.batchRange),
                samples: try ramp.required(.samples).integer(in: samplesRange))
        }
        self.init(global: try reader.required(.global).integer(in: Recipe.batchRange), rampUp: rampUp)
    }
}

extension Recipe.Optimizer {
    enum Key: String, CaseIterable {
        case learningRatePeak = "learning_rate_peak"
        case learningRateMinimum = "learning_rate_minimum"
        case warmupSamples = "warmup_samples"
        case decaySamples = "decay_samples"
        case beta1, beta2, epsilon
        case weightDecay = "weight_decay"
        case weightDecayOn = "weight_decay_on"
        case clip
        case trainSamples = "train_samples"
        case extendedSamples = "extended_samples"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            learningRatePeak: try reader.required(.learningRatePeak).number(.positive),
            learningRateMinimum: try reader.required(.learningRateMinimum).number(.nonNegative),
            warmupSamples: try reader.required(.warmupSamples).integer(in: 0...samplesRange.upperBound),
            decaySamples: try reader.required(.decaySamples).integer(in: samplesRange),
            beta1: try reader.optional(.beta1)?.number(.belowOne) ?? 0.9,
            beta2: try reader.optional(.beta2)?.number(.belowOne) ?? 0.95,
            epsilon: try reader.optional(.epsilon)?.number(.positive) ?? 1e-8,
            weightDecay: try reader.optional(.weightDecay)?.number(.nonNegative) ?? 0.1,
            weightDecayOn: try reader.optional(.weightDecayOn)?.choice() ?? .matrices,
            clip: try reader.optional(.clip)?.number(.positive) ?? 1,
            trainSamples: try reader.required(.trainSamples).integer(in: samplesRange),
            extendedSamples: try reader.optional(.extendedSamples)?.integer(in: samplesRange))
    }
}

extension Layout {
    enum Key: String, CaseIterable {
        case tensor, pipeline, interleave, data
        case microBatch = "micro_batch"
        case schedule, zero
        case sequenceParallel = "sequence_parallel"
        case recompute, style
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let standard = Layout()
        self.init(
            tensor: try reader.optional(.tensor)?.integer(in: 1...65536) ?? standard.tensor,
            pipeline: try reader.optional(.pipeline)?.integer(in: 1...65536) ?? standard.pipeline,
            interleave: try reader.optional(.interleave)?.integer(in: 1...65536) ?? standard.interleave,
            data: try reader.optional(.data)?.integer(in: 1...65536) ?? standard.data,
            microBatch: try reader.optional(.microBatch)?.integer(in: 1...65536) ?? standard.microBatch,
            schedule: try reader.optional(.schedule)?.choice() ?? standard.schedule,
            zero: try reader.optional(.zero)?.integer(in: 0...3) ?? standard.zero,
            sequenceParallel: try reader.optional(.sequenceParallel)?.boolean() ?? standard.sequenceParallel,
            recompute: try reader.optional(.recompute)?.choice() ?? standard.recompute,
            style: try reader.optional(.style)?.choice() ?? standard.style)
    }
}

extension Recipe.CheckpointPolicy {
    enum Key: String, CaseIterable {
        case everySteps = "every_steps"
        case keepLast = "keep_last"
        case asynchronous
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let standard = Self()
        self.init(
            everySteps: try reader.optional(.everySteps)?.integer(in: 0...) ?? standard.everySteps,
            keepLast: try reader.optional(.keepLast)?.integer(in: 1...) ?? standard.keepLast,
            asynchronous: try reader.optional(.asynchronous)?.boolean() ?? standard.asynchronous)
    }
}

extension Recipe.EvaluationPolicy {
    enum Key: String, CaseIterable {
        case everySteps = "every_steps"
        case samplesPerLanguage = "samples_per_language"
        case languages
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let standard = Self()
        self.init(
            everySteps: try reader.optional(.everySteps)?.integer(in: 0...) ?? standard.everySteps,
            samplesPerLanguage: try reader.optional(.samplesPerLanguage)?.integer(in: 1...)
                ?? standard.samplesPerLanguage,
            languages: try reader.optional(.languages)?.integer(in: 1...10_000) ?? standard.languages)
    }
}

extension Recipe.AuditPolicy {
    enum Key: String, CaseIterable {
        case replicasEvery = "replicas_every"
        case repeatEvery = "repeat_every"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            replicasEvery: try reader.optional(.replicasEvery)?.integer(in: 0...) ?? 0,
            repeatEvery: try reader.optional(.repeatEvery)?.integer(in: 0...) ?? 0)
    }
}

extension Recipe.LedgerPolicy {
    enum Key: String, CaseIterable {
        case code
        case segmentSteps = "segment_steps"
        case segmentMinutes = "segment_minutes"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let standard = Self()
        self.init(
            code: try reader.optional(.code)?.choice() ?? standard.code,
            segmentSteps: try reader.optional(.segmentSteps)?.integer(in: 1...100_000) ?? standard.segmentSteps,
            segmentMinutes: try reader.optional(.segmentMinutes)?.integer(in: 1...1440) ?? standard.segmentMinutes)
    }
}
