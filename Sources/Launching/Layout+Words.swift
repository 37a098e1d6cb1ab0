import Recipes

extension Layout {
    /// Every choice of the layout as options of serre train, so that a resumed run keeps to the job's nodes.
    var words: [String] {
        [
            "--tensor", "\(tensor)", "--pipeline", "\(pipeline)", "--data", "\(data)", "--micro-batch", "\(microBatch)",
            "--schedule", schedule.rawValue, "--interleave", "\(interleave)", "--zero", "\(zero)",
            "--sequence-parallel", sequenceParallel ? "on" : "off", "--recompute", recompute.rawValue,
        ]
    }
}
