extension Recipe.Model {
    /// The layers that each pipeline stage holds, first stage first; `nil` if the layers cannot be shared out.
    ///
    /// If the degree divides the layers, the shares are equal. Otherwise embedding and head count as one slot each, as
    /// Megatron-DeepSpeed counted them for BLOOM: if the degree divides layers + 2, each stage has equally many slots,
    /// so the first and the last stage hold one layer fewer.
    public func stageLayers(pipeline: Int) -> [Range<Int>]? {
        guard pipeline >= 1, pipeline <= layers else { return nil }
        if layers % pipeline == 0 {
            let share = layers / pipeline
            return (0..<pipeline).map { $0 * share..<($0 + 1) * share }
        }
        let slots = (layers + 2) / pipeline
        // At most `layers` stages, so at least two slots each: no stage holds only the embedding or only the head.
        guard (layers + 2) % pipeline == 0 else { return nil }
        return (0..<pipeline).map { stage in
            max(0, stage * slots - 1)..<min(layers, (stage + 1) * slots - 1)
        }
    }
}

extension Recipe {
    /// The layers that each pipeline stage holds at a degree; see ``Model/stageLayers(pipeline:)``.
    public func stageLayers(pipeline: Int) -> [Range<Int>]? { model.stageLayers(pipeline: pipeline) }

    /// The layers of each chunk of a pipeline rank, in the order of the model; `nil` if the layout cannot share them out.
    public func chunkLayers(stage: Int) -> [Range<Int>]? {
        guard let all = model.stageLayers(pipeline: layout.virtualStages), stage < layout.pipeline else { return nil }
        return (0..<layout.interleave).map { all[$0 * layout.pipeline + stage] }
    }
}
