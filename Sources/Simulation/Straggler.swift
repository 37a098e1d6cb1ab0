import Recipes

/// One slow accelerator: what a rank computes takes `factor` times as long as elsewhere.
///
/// The ranks of a tensor group wait for each other in every layer, so the slowest sets the pace of all of them: the clock
/// lets the whole group be slow. Messages and collectives keep their speed.
public struct Straggler: Sendable, Equatable {
    /// The slow rank's data rank and stage.
    public var data: Int
    public var pipeline: Int
    /// At least 1.
    public var factor: Double

    public init(data: Int, pipeline: Int, factor: Double) {
        precondition(factor >= 1, "a straggler is slower than the others")
        self.data = data
        self.pipeline = pipeline
        self.factor = factor
    }

    func factor(at coordinate: Coordinate) -> Double {
        coordinate.data == data && coordinate.pipeline == pipeline ? factor : 1
    }
}
