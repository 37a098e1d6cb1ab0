import Recipes

extension MeasuredRun {
    /// The layouts that a row may mean: one, or one for each micro-batch and interleaving that its source leaves open.
    static func layouts(
        of row: MeasuredRow, _ degrees: Degrees, _ model: Recipe.Model, style: EngineStyle,
        _ assumptions: inout Assumptions
    ) throws(RowExclusion) -> [Layout] {
        let batch = row.globalBatch ?? 0
        guard batch >= degrees.data, batch % degrees.data == 0 else {
            throw RowExclusion("inconsistent: \(degrees.data) replicas do not share out a batch of \(batch)")
        }
        let zero = row.zero ?? assumedZero(style, &assumptions)
        let recompute = row.recompute ?? assumedRecompute(row, &assumptions)
        let microBatches = microBatches(row, share: batch / degrees.data, degrees, style, &assumptions)
        let interleaves = interleaves(row, degrees, model, style, &assumptions)
        var layouts: [Layout] = []
        for microBatch in microBatches {
            for interleave in interleaves {
                layouts.append(
                    Layout(
                        tensor: degrees.tensor, pipeline: degrees.pipeline, interleave: interleave, data: degrees.data,
                        microBatch: microBatch, schedule: interleave > 1 ? .interleaved : .oneForwardOneBackward,
                        zero: zero, sequenceParallel: row.sequenceParallel ?? false, recompute: recompute,
                        style: style))
            }
        }
        return layouts
    }

    private static func assumedZero(_ style: EngineStyle, _ assumptions: inout Assumptions) -> Int {
        let zero =
            switch style {
            case .fsdp: 3
            case .deepspeed: 1
            case .megatron, .serre: 0
            }
        assumptions.note("ZeRO-\(zero)")
        return zero
    }

    /// Runs on V100 and A100 mostly had to recompute.
    private static func assumedRecompute(_ row: MeasuredRow, _ assumptions: inout Assumptions) -> Layout.Recompute {
        let hardware = row.hardware.uppercased()
        let recompute: Layout.Recompute = hardware.hasPrefix("V100") || hardware.hasPrefix("A100") ? .full : .none
        assumptions.note("recomputation \(recompute.rawValue)")
        return recompute
    }

    /// The stated micro-batch, or torchtitan's default under a pipeline, or every divisor of a replica's share up to 64.
    private static func microBatches(
        _ row: MeasuredRow, share: Int, _ degrees: Degrees, _ style: EngineStyle, _ assumptions: inout Assumptions
    ) -> [Int] {
        guard let stated = row.microBatch else {
            if style == .fsdp, degrees.pipeline > 1, share % degrees.pipeline == 0 {
                assumptions.note("as many micro-batches as stages")
                return [share / degrees.pipeline]
            }
            assumptions.note("the micro-batch that is fastest")
            return (1...min(64, share)).filter { share % $0 == 0 }
        }
        guard stated <= share else {
            assumptions.note("a micro-batch of \(share), which is all of a replica's share")
            return [share]
        }
        return [stated]
    }

    /// The stated interleaving, or 1; where the notes speak of interleaving, every one that shares out the layers.
    private static func interleaves(
        _ row: MeasuredRow, _ degrees: Degrees, _ model: Recipe.Model, _ style: EngineStyle,
        _ assumptions: inout Assumptions
    ) -> [Int] {
        guard degrees.pipeline > 1 else { return [1] }
        if let stated = row.interleave { return [stated] }
        guard row.mentions("interleav") else {
            assumptions.note("no interleaving")
            return [1]
        }
        if style == .fsdp, model.stageLayers(pipeline: degrees.pipeline * 2) != nil {
            assumptions.note("two chunks of layers per stage, torchtitan's default")
            return [2]
        }
        let several = (2...8).filter { model.stageLayers(pipeline: degrees.pipeline * $0) != nil }
        assumptions.note("the interleaving that is fastest")
        return row.mentions("interleaved") && !several.isEmpty ? several : [1] + several
    }
}
