import ClusterProfiles
import Diagnostics
import Recipes
import Simulation

/// How long a step may be to be played or checked: what is longer is refused before anything large is made of it.
public enum StepLimit {
    /// Forwards, backwards and messages of all ranks that are simulated: some 100 bytes each while they are played. A
    /// trillion parameters on 16,384 accelerators take a tenth of them, in 64 stages of two chunks with micro-batches of
    /// one sample a half.
    public static let actionsMost = 1 << 22
    /// Batch sizes of a ramp-up.
    public static let batchSizesMost = 1 << 16
    /// Bytes of all ranks' programs that are checked together.
    public static let checkedBytesMost = 2 << 30
}

extension Layout {
    /// Micro-batches of each replica in a step of so many samples.
    func microbatches(batch: Int) -> Int { batch / max(1, data * microBatch) }

    /// Forwards, backwards and messages of one replica's stages, each tensor group counted as one rank.
    ///
    /// A micro-batch goes forwards and backwards through every chunk, and over every border between chunks a message is
    /// sent and taken in each direction. Bounds on batches and degrees keep the product within an integer.
    func actionsOfReplica(batch: Int) -> Int {
        microbatches(batch: batch) * (6 * virtualStages - 4) + 2 * pipeline
    }

    /// Whether one replica's step alone is too long.
    func isTooLong(batch: Int) -> Bool { actionsOfReplica(batch: batch) > StepLimit.actionsMost }
}

extension Recipe {
    /// Refuses a step that is too long to be played, with so many replicas that differ.
    ///
    /// Throws `layout.too-long`, or `recipe.ramp-up` for a ramp of too many batch sizes.
    func requirePlayable(replicas: Int = 1) throws(Diagnostic) {
        try requireShortRamp()
        let actions = Double(layout.actionsOfReplica(batch: batch.global)) * Double(replicas)
        guard actions > Double(StepLimit.actionsMost) else { return }
        let (ranks, microbatches) = (layout.pipeline * replicas, layout.microbatches(batch: batch.global))
        throw Diagnostic(
            "layout.too-long",
            "a step is too long to be played: \(Lines.number(Double(microbatches))) "
                + "micro-batch\(microbatches == 1 ? "" : "es")"
                + (layout.interleave > 1 ? " through \(layout.interleave) chunks" : "")
                + " on \(Lines.number(Double(ranks))) rank\(ranks == 1 ? "" : "s")",
            at: .init(key: "layout"),
            expected: "at most \(Lines.number(Double(StepLimit.actionsMost))) forwards, backwards and messages",
            found: Lines.number(actions),
            remedy: "raise --micro-batch or --data, or lower --global-batch")
    }

    /// The same once it is known which ranks are alike on a cluster.
    func requirePlayable(_ classes: RankClasses) throws(Diagnostic) {
        try requirePlayable(replicas: max(1, classes.representatives.count / max(1, layout.pipeline)))
    }

    /// Refuses a step that is too long to be played on a cluster.
    ///
    /// Throws `layout.too-long`, `recipe.ramp-up`, and `layout.exceeds-profile` for what the cluster has no room for.
    public func requirePlayable(on profile: ClusterProfile) throws(Diagnostic) {
        try profile.requireRoom(for: layout)
        try requirePlayable()
        try requirePlayable(RankClasses(self, on: profile))
    }

    /// Refuses a ramp-up of too many batch sizes.
    func requireShortRamp() throws(Diagnostic) {
        guard let ramp = batch.growth else { return }
        let sizes = (batch.global - ramp.start) / max(1, ramp.increment)
        guard sizes > StepLimit.batchSizesMost else { return }
        throw Diagnostic(
            "recipe.ramp-up", "the ramp-up has too many batch sizes", at: .init(key: "batch.ramp_up.increment"),
            expected: "at most \(Lines.number(Double(StepLimit.batchSizesMost))) of them",
            found: Lines.number(Double(sizes)), remedy: "raise the increment")
    }
}
