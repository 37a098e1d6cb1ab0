import Diagnostics
import Fabrics

/// How long each rank was at work in a step: what shows a slow one, since all ranks' steps take as long as the slowest's.
extension Executor {
    /// Above so many ranks the seconds are not gathered: a line of metrics would mostly be them.
    static let rankSecondsMax = 256

    /// The seconds that each rank of the run was at work in the last step, waiting for messages not counted, in rank order; `nil`
    /// for a single rank, whose step that is, and for more than 256. Every host must call it at the same point.
    public func gatherRankSeconds() throws(Diagnostic) -> [Double]? {
        guard (2...Self.rankSecondsMax).contains(recipe.layout.ranks) else { return nil }
        var mine: [UInt8] = []
        for seconds in ranks.map(\.busySeconds) {
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
