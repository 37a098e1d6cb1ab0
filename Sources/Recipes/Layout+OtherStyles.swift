import Diagnostics

extension Recipe {
    /// Refuses a layout that the engine of another style could not run: those follow no rule of Serre's arithmetic, but
    /// must still share out heads, layers and batch.
    func validateOtherStyle(_ layout: Layout) throws(Diagnostic) {
        guard (0...3).contains(layout.zero) else {
            throw illegal(
                "layout.zero", "layout.zero", "there is no such ZeRO stage", layout.zero, legal: [0, 1, 2, 3])
        }
        let tensors = otherStylesTensorDegrees
        guard tensors.contains(layout.tensor) else {
            throw illegal(
                "layout.tensor", "layout.tensor",
                "this tensor degree divides not all of \(model.heads) heads, the MLP's width \(model.ffn) and the padded "
                    + "vocabulary \(model.paddedVocabulary)", layout.tensor, legal: tensors)
        }
        guard (1...model.layers).contains(layout.pipeline * layout.interleave) else {
            throw Diagnostic(
                "layout.pipeline", "there are more stages than layers", at: .init(key: "layout.pipeline"),
                expected: "pipeline × interleave of at most \(model.layers)",
                found: "\(layout.pipeline * layout.interleave)")
        }
        guard layout.interleave == 1 || (layout.schedule == .interleaved && layout.pipeline > 1) else {
            throw Diagnostic(
                "layout.interleave", "only the interleaved schedule of a pipeline runs several chunks per rank",
                at: .init(key: "layout.interleave"), expected: "1 with \(layout.schedule.rawValue)",
                found: "\(layout.interleave)", remedy: "pass --schedule interleaved as well")
        }
        for size in batchSizes where size % (layout.data * layout.microBatch) != 0 {
            throw illegal(
                "layout.micro-batch", "layout.micro_batch",
                "data degree × micro-batch must divide every global batch (\(size))", layout.microBatch,
                legal: size % layout.data == 0 ? divisors(of: size / layout.data) : [])
        }
        for size in batchSizes where layout.interleave > 1 {
            let microbatches = size / (layout.data * layout.microBatch)
            guard microbatches % layout.pipeline != 0 else { continue }
            throw Diagnostic(
                "layout.interleave", "interleaving takes micro-batches in groups of the pipeline degree",
                at: .init(key: "layout.micro_batch"), expected: "a multiple of \(layout.pipeline) micro-batches",
                found: "\(microbatches) in a batch of \(size)")
        }
        guard layout.ranks <= Self.ranksMax else {
            throw Diagnostic(
                "layout.ranks", "the layout has too many ranks", at: .init(key: "layout"),
                expected: "at most \(Self.ranksMax)", found: "\(layout.ranks)")
        }
    }

    /// The tensor degrees that another engine could run.
    public var otherStylesTensorDegrees: [Int] {
        divisors(of: model.heads).filter {
            model.ffn % $0 == 0 && model.paddedVocabulary % $0 == 0
                && (model.keyValueHeads % $0 == 0 || $0 % model.keyValueHeads == 0)
        }
    }

    /// The layers of each chunk of a stage as other engines share them out: evenly, with embedding and head as slots where
    /// that comes out even, or else as evenly as it goes.
    public func otherStylesChunkLayers(stage: Int) -> [Range<Int>] {
        let stages = layout.virtualStages
        let all =
            model.stageLayers(pipeline: stages)
            ?? (0..<stages).map { $0 * model.layers / stages..<($0 + 1) * model.layers / stages }
        return (0..<layout.interleave).map { all[$0 * layout.pipeline + stage] }
    }
}
