import Programs
import Recipes

/// The layers and the micro-batches in flight of each stage's chunks.
struct StageHoldings: Sendable {
    /// By stage, then chunk.
    var layers: [[Int]]
    var inFlight: [[Int]]

    init(layers: [[Int]], inFlight: [[Int]]) {
        self.layers = layers
        self.inFlight = inFlight
    }

    init(_ recipe: Recipe) {
        let layout = recipe.layout
        self.init(
            layers: Self.layers(recipe),
            inFlight: Self.inFlight(layout, microbatches: recipe.batch.global / (layout.data * layout.microBatch)))
    }

    static func layers(_ recipe: Recipe) -> [[Int]] {
        (0..<recipe.layout.pipeline).map { stage in
            (recipe.layout.style == .serre
                ? recipe.chunkLayers(stage: stage) ?? [] : recipe.otherStylesChunkLayers(stage: stage)).map(\.count)
        }
    }

    static func inFlight(_ layout: Layout, microbatches: Int) -> [[Int]] {
        (0..<layout.pipeline).map {
            Schedule.inFlight(
                layout.schedule, stage: $0, stages: layout.pipeline, microbatches: microbatches,
                chunks: layout.interleave, style: layout.style)
        }
    }

    /// The stages that may hold the most: no other stage like them has as many micro-batches in flight or more.
    var fullest: [Int] {
        var found: [Int] = []
        for stage in layers.indices {
            let isDominated = found.contains { other in
                isAlike(stage, other) && zip(inFlight[stage], inFlight[other]).allSatisfy { $0 <= $1 }
            }
            if !isDominated { found.append(stage) }
        }
        return found
    }

    private func isAlike(_ a: Int, _ b: Int) -> Bool {
        layers[a] == layers[b] && (a == 0) == (b == 0) && (a == layers.count - 1) == (b == layers.count - 1)
    }
}
