import Diagnostics
import Fabrics

/// How long each rank was at work in a step: what shows a slow one, since all ranks' steps take as long as the slowest's.
extension Executor {
    /// Above so many ranks the seconds are not gathered: a line of metrics would mostly be them.
    static let rankSecondsMax = 256
    /// Of more ranks than this they are gathered after some steps only, so that a record of 1,000 steps stays below a megabyte.
    static let rankSecondsEachStep = 64

    /// The seconds that each rank of the run was at work in the last step, waiting for messages not counted, in rank order; `nil`
    /// for a single rank, whose step that is, for more than 256, and of more than 64 after some steps. Every host must call it at
    /// the same point.
    public func gatherRankSeconds(after step: Int) throws(Diagnostic) -> [Double]? {
        let ranks = recipe.layout.ranks
        let every = (ranks + Self.rankSecondsEachStep - 1) / Self.rankSecondsEachStep
        guard (2...Self.rankSecondsMax).contains(ranks), step % every == 0 else { return nil }
        var mine: [UInt8] = []
        for seconds in self.ranks.map(\.busySeconds) {
            withUnsafeBytes(of: seconds.bitPattern.littleEndian) { mine += Array($0) }
        }
        // Hosts hold contiguous blocks of ranks, in order.
        return try fabric.gatherFromHosts(mine).flatMap(doubles)
    }
}

/// Whose work a moment's time belongs to: read once for each rank that has got further, so that it costs nothing to speak of.
struct WorkClock {
    private var last = ContinuousClock.now

    /// The seconds since the last reading.
    mutating func lap() -> Double {
        let now = ContinuousClock.now
        defer { last = now }
        return Double((now - last) / .nanoseconds(1)) * 1e-9
    }

    /// Begins anew, after time that was nobody's work.
    mutating func restart() { last = .now }
}
