import Diagnostics

extension Recipe {
    /// Refuses a layout that this recipe's arithmetic does not allow, naming the legal values (rules A4 to A6).
    ///
    /// Error codes begin with `layout.`; the location is the key alone.
    public func validate(_ layout: Layout) throws(Diagnostic) {
        guard layout.style == .serre else { return try validateOtherStyle(layout) }
        guard (0...3).contains(layout.zero) else {
            throw illegal(
                "layout.zero", "layout.zero", "there is no such ZeRO stage", layout.zero, legal: [0, 1, 2, 3])
        }
        try validateDegrees(layout)
        try validateMicroBatch(layout)
        try validateInterleaving(layout)
        // Each degree has a bound, so the product of three cannot overflow.
        guard layout.ranks <= Self.ranksMax else {
            throw Diagnostic(
                "layout.ranks", "the layout has too many ranks", at: .init(key: "layout"),
                expected: "at most \(Self.ranksMax)", found: "\(layout.ranks)")
        }
    }

    /// The largest number of ranks that a layout may have.
    public static let ranksMax = 1 << 20

    private func validateDegrees(_ layout: Layout) throws(Diagnostic) {
        guard legalTensorDegrees.contains(layout.tensor) else {
            throw illegal(
                "layout.tensor", "layout.tensor",
                "with \(segments) segments and \(model.keyValueHeads) heads"
                    + (model.keyValueHeads < model.heads ? " of keys and values" : "")
                    + " this tensor degree is not legal", layout.tensor, legal: legalTensorDegrees)
        }
        guard stageLayers(pipeline: layout.pipeline) != nil else {
            throw illegal(
                "layout.pipeline", "layout.pipeline",
                "this pipeline degree divides neither the \(model.layers) layers nor, with embedding and head, "
                    + "\(model.layers + 2) slots", layout.pipeline, legal: legalPipelineDegrees)
        }
        let legalData = legalDataDegrees(zero: layout.zero)
        guard legalData.contains(layout.data) else {
            throw illegal(
                "layout.data", "layout.data",
                "with \(lanes) lanes this data degree is not legal"
                    + (layout.stridesLanes ? " under ZeRO-2 and 3" : ""),
                layout.data, legal: legalData)
        }
    }

    private func validateMicroBatch(_ layout: Layout) throws(Diagnostic) {
        let legal = legalMicroBatches(data: layout.data, zero: layout.zero)
        guard legal.contains(layout.microBatch) else {
            let sizes = batchSizes.map { "\($0)" }.joined(separator: ", ")
            throw illegal(
                "layout.micro-batch", "layout.micro_batch",
                layout.stridesLanes
                    ? "under ZeRO-2 and 3 a micro-batch may not span lanes: it divides a lane's samples (a batch of \(sizes) in \(lanes) lanes)"
                    : "data degree × micro-batch must divide every global batch (\(sizes))",
                layout.microBatch, legal: legal)
        }
    }

    /// Interleaving is a schedule of its own, over chunks that share out the layers and groups of whole micro-batches.
    private func validateInterleaving(_ layout: Layout) throws(Diagnostic) {
        guard layout.schedule == .interleaved else {
            guard layout.interleave == 1 else {
                throw Diagnostic(
                    "layout.interleave", "only the interleaved schedule runs several chunks per pipeline rank",
                    at: .init(key: "layout.interleave"), expected: "1 with \(layout.schedule.rawValue)",
                    found: "\(layout.interleave)", remedy: "pass --schedule interleaved as well")
            }
            return
        }
        let legal = legalInterleaves(pipeline: layout.pipeline)
        guard !legal.isEmpty else {
            let degrees = legalPipelineDegrees.filter { !legalInterleaves(pipeline: $0).isEmpty }
            throw Diagnostic(
                "layout.interleave",
                layout.pipeline == 1
                    ? "interleaving needs a pipeline degree of 2 or more"
                    : "the \(model.layers) layers do not make several chunks for each of \(layout.pipeline) stages",
                at: .init(key: "layout.pipeline"),
                expected: degrees.isEmpty
                    ? "a model of more layers" : "one of " + degrees.map { "\($0)" }.joined(separator: ", "),
                found: "\(layout.pipeline)",
                remedy: degrees.first.map {
                    "pass --pipeline \($0) --interleave \(legalInterleaves(pipeline: $0).first ?? 2)"
                } ?? "choose --schedule 1f1b")
        }
        guard legal.contains(layout.interleave) else {
            throw illegal(
                "layout.interleave", "layout.interleave",
                layout.interleave == 1
                    ? "the interleaved schedule runs two or more chunks per pipeline rank"
                    : "pipeline \(layout.pipeline) × interleave chunks divide neither the \(model.layers) layers nor, with "
                        + "embedding and head, \(model.layers + 2) slots", layout.interleave, legal: legal)
        }
        for size in batchSizes where size / (layout.data * layout.microBatch) % layout.pipeline != 0 {
            throw Diagnostic(
                "layout.interleave", "interleaving takes micro-batches in groups of the pipeline degree",
                at: .init(key: "layout.micro_batch"),
                expected: "a multiple of \(layout.pipeline) micro-batches per replica in every batch",
                found: "\(size / (layout.data * layout.microBatch)) in a batch of \(size)",
                remedy: "choose another micro-batch or data degree, or --schedule 1f1b --interleave 1")
        }
    }
}
