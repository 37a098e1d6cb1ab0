import Recipes

/// Samples that are evaluated together, in the first micro-batches of a step: no more of these than are needed.
///
/// The samples are spread over the replicas, micro-batch by micro-batch, so that few samples take few micro-batches.
public struct EvaluationBatch: Sendable {
    /// Samples that count; what is left of the last micro-batches is filled up.
    public let samples: Int
    /// Micro-batches of each replica.
    public let microbatches: Int
    private let microBatch: Int
    private let replicas: Int
    private let fold: LaneFold

    /// `samples` is at most the recipe's global batch, and that if `nil`.
    public init(_ recipe: Recipe, samples: Int? = nil) {
        let layout = recipe.layout
        fold = LaneFold(recipe)
        (microBatch, replicas) = (layout.microBatch, layout.data)
        self.samples = min(samples ?? recipe.batch.global, recipe.batch.global)
        var needed = (self.samples + microBatch * replicas - 1) / (microBatch * replicas)
        // Chunks take micro-batches in turns of as many as there are stages.
        if layout.interleave > 1 { needed = (needed + layout.pipeline - 1) / layout.pipeline * layout.pipeline }
        microbatches = min(max(needed, 1), fold.microbatches)
    }

    /// Samples of each replica, those that fill up included.
    public var samplesPerReplica: Int { microbatches * microBatch }

    /// Which of the samples a replica sees at a place of its own order; from ``samples`` on it is one that fills up.
    public func number(at place: Int, of replica: Int) -> Int {
        (place / microBatch * replicas + replica) * microBatch + place % microBatch
    }

    /// The samples by their places in the global batch, which is how a rank asks for them; `nil` where none is evaluated.
    public var numbersInGlobalBatch: [Int?] {
        var numbers = [Int?](repeating: nil, count: fold.microbatches * microBatch * replicas)
        for replica in 0..<replicas {
            for place in 0..<samplesPerReplica {
                numbers[fold.sample(place, of: replica, among: replicas)] = number(at: place, of: replica)
            }
        }
        return numbers
    }
}
