import TypedYAML

extension Recipe {
    /// The resolved form: every key with its value, as deterministic YAML that reads back to an equal recipe.
    public var yaml: String {
        var writer = YAMLWriter()
        writer.write(Key.name.rawValue, name)
        writer.write(Key.seed.rawValue, seed)
        writer.write(Key.numerics.rawValue, numerics.rawValue)
        writer.write(Key.precision.rawValue, precision.rawValue)
        writer.write(Key.segments.rawValue, segments)
        writer.write(Key.lanes.rawValue, lanes)
        writer.write(Key.digestEvery.rawValue, digestEvery)
        writer.section(Key.model.rawValue) { model.write(to: &$0) }
        writer.section(Key.data.rawValue) { data.write(to: &$0) }
        writer.section(Key.batch.rawValue) { batch.write(to: &$0) }
        writer.section(Key.optimizer.rawValue) { optimizer.write(to: &$0) }
        writer.section(Key.layout.rawValue) { layout.write(to: &$0) }
        writer.section(Key.checkpoint.rawValue) {
            $0.write(CheckpointPolicy.Key.everySteps.rawValue, checkpoint.everySteps)
            $0.write(CheckpointPolicy.Key.keepLast.rawValue, checkpoint.keepLast)
            // What is as in a recipe without the key is not written, so that older recipes resolve to the same text.
            if checkpoint.asynchronous != CheckpointPolicy().asynchronous {
                $0.write(CheckpointPolicy.Key.asynchronous.rawValue, checkpoint.asynchronous)
            }
        }
        if !guardPolicy.isStandard { writer.section(Key.guardPolicy.rawValue) { guardPolicy.write(to: &$0) } }
        writer.section(Key.evaluation.rawValue) {
            $0.write(EvaluationPolicy.Key.everySteps.rawValue, evaluation.everySteps)
            $0.write(EvaluationPolicy.Key.samplesPerLanguage.rawValue, evaluation.samplesPerLanguage)
            if evaluation.languages != EvaluationPolicy().languages {
                $0.write(EvaluationPolicy.Key.languages.rawValue, evaluation.languages)
            }
        }
        writer.section(Key.ledger.rawValue) {
            $0.write(LedgerPolicy.Key.code.rawValue, ledger.code.rawValue)
            let standard = LedgerPolicy()
            if ledger.segmentSteps != standard.segmentSteps {
                $0.write(LedgerPolicy.Key.segmentSteps.rawValue, ledger.segmentSteps)
            }
            if ledger.segmentMinutes != standard.segmentMinutes {
                $0.write(LedgerPolicy.Key.segmentMinutes.rawValue, ledger.segmentMinutes)
            }
        }
        if audit != AuditPolicy() {
            writer.section(Key.audit.rawValue) {
                $0.write(AuditPolicy.Key.replicasEvery.rawValue, audit.replicasEvery)
                $0.write(AuditPolicy.Key.repeatEvery.rawValue, audit.repeatEvery)
            }
        }
        return writer.text
    }
}

extension Recipe.Model {
    fileprivate func write(to writer: inout YAMLWriter) {
        writer.write(Key.family.rawValue, family.rawValue)
        writer.write(Key.layers.rawValue, layers)
        writer.write(Key.hidden.rawValue, hidden)
        writer.write(Key.heads.rawValue, heads)
        if family.traits.knows(.keyValueHeads) { writer.write(Key.keyValueHeads.rawValue, keyValueHeads) }
        writer.write(Key.ffn.rawValue, ffn)
        writer.write(Key.sequenceLength.rawValue, sequenceLength)
        writer.write(Key.vocabulary.rawValue, vocabulary)
        writer.write(Key.paddedVocabulary.rawValue, paddedVocabulary)
        writer.write(Key.layerNormEpsilon.rawValue, layerNormEpsilon)
        if family.traits.knows(.rotaryBase) { writer.write(Key.rotaryBase.rawValue, rotaryBase) }
        if let rotaryScaling { writer.section(Key.rotaryScaling.rawValue) { rotaryScaling.write(to: &$0) } }
        if family.traits.knows(.tiedHead) { writer.write(Key.tiedHead.rawValue, tiedHead) }
        writer.write(Key.initialStandardDeviation.rawValue, initialStandardDeviation)
        // Left out where the family has it so: digests of older recipes stay.
        if initialEmbedding != family.traits.initialEmbedding {
            writer.write(Key.initialEmbedding.rawValue, initialEmbedding.rawValue)
        }
    }
}

extension Recipe.DataSource {
    fileprivate func write(to writer: inout YAMLWriter) {
        if let corpus { writer.write(Key.corpus.rawValue, corpus) }
        writer.write(Key.tokenizer.rawValue, tokenizer)
        if let weights {
            writer.section(Key.weights.rawValue) { section in
                for (language, weight) in weights.sorted(by: { $0.key < $1.key }) { section.write(language, weight) }
            }
        }
        if let samplingExponent { writer.write(Key.samplingExponent.rawValue, samplingExponent) }
    }
}

extension Recipe.Batch {
    fileprivate func write(to writer: inout YAMLWriter) {
        writer.write(Key.global.rawValue, global)
        guard let rampUp else { return }
        writer.section(Key.rampUp.rawValue) {
            $0.write(RampUpKey.start.rawValue, rampUp.start)
            $0.write(RampUpKey.increment.rawValue, rampUp.increment)
            $0.write(RampUpKey.samples.rawValue, rampUp.samples)
        }
    }
}

extension Recipe.Optimizer {
    fileprivate func write(to writer: inout YAMLWriter) {
        writer.write(Key.learningRatePeak.rawValue, learningRatePeak)
        writer.write(Key.learningRateMinimum.rawValue, learningRateMinimum)
        writer.write(Key.warmupSamples.rawValue, warmupSamples)
        writer.write(Key.decaySamples.rawValue, decaySamples)
        writer.write(Key.beta1.rawValue, beta1)
        writer.write(Key.beta2.rawValue, beta2)
        writer.write(Key.epsilon.rawValue, epsilon)
        writer.write(Key.weightDecay.rawValue, weightDecay)
        writer.write(Key.weightDecayOn.rawValue, weightDecayOn.rawValue)
        writer.write(Key.clip.rawValue, clip)
        writer.write(Key.trainSamples.rawValue, trainSamples)
        if let extendedSamples { writer.write(Key.extendedSamples.rawValue, extendedSamples) }
    }
}

extension Layout {
    fileprivate func write(to writer: inout YAMLWriter) {
        writer.write(Key.tensor.rawValue, tensor)
        writer.write(Key.pipeline.rawValue, pipeline)
        // Written where they are used: a recipe's digest is that of its text with the standard layout.
        if interleave > 1 { writer.write(Key.interleave.rawValue, interleave) }
        writer.write(Key.data.rawValue, data)
        writer.write(Key.microBatch.rawValue, microBatch)
        writer.write(Key.schedule.rawValue, schedule.rawValue)
        writer.write(Key.zero.rawValue, zero)
        if sequenceParallel { writer.write(Key.sequenceParallel.rawValue, sequenceParallel) }
        writer.write(Key.recompute.rawValue, recompute.rawValue)
        if style != .serre { writer.write(Key.style.rawValue, style.rawValue) }
    }
}
