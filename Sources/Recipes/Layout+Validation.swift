import Diagnostics

extension Recipe {
    /// Refuses a layout that this recipe's arithmetic does not allow, naming the legal values (rules A4 to A6).
    ///
    /// Error codes begin with `layout.`; the location is the key alone.
    public func validate(_ layout: Layout) throws(Diagnostic) {
        try validateDegrees(layout)
        try validateMicroBatch(layout)
        guard (0...1).contains(layout.zero) else {
            throw illegal(
                "layout.zero", "layout.zero", "this ZeRO stage does not exist yet", layout.zero, legal: [0, 1])
        }
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
        guard legalDataDegrees.contains(layout.data) else {
            throw illegal(
                "layout.data", "layout.data", "with \(lanes) lanes this data degree is not legal", layout.data,
                legal: legalDataDegrees)
        }
    }

    private func validateMicroBatch(_ layout: Layout) throws(Diagnostic) {
        let legal = legalMicroBatches(data: layout.data)
        guard legal.contains(layout.microBatch) else {
            throw illegal(
                "layout.micro-batch", "layout.micro_batch",
                "data degree × micro-batch must divide every global batch "
                    + "(\(batchSizes.map { "\($0)" }.joined(separator: ", ")))", layout.microBatch, legal: legal)
        }
    }
}
