/// How far apart checkpoints should be.
enum CheckpointInterval {
    /// The time of work between two checkpoints that loses least to checkpoints and failures together, as Daly (2006,
    /// equation 37) improved on Young's √(2δM): δ is what a checkpoint costs and M the mean time between failures.
    ///
    /// A checkpoint for which training does not wait costs nothing, and the best is to write without a pause.
    ///
    /// - Parameters:
    ///   - writeSeconds: what writing takes.
    ///   - meanSecondsBetweenFailures: of the whole job.
    static func optimalSeconds(
        writeSeconds: Double, isAsynchronous: Bool, meanSecondsBetweenFailures mean: Double
    ) -> Double {
        if isAsynchronous { return writeSeconds }
        guard writeSeconds < 2 * mean else { return mean }
        let ratio = writeSeconds / (2 * mean)
        let root = (2 * writeSeconds * mean).squareRoot()
        return root * (1 + ratio.squareRoot() / 3 + ratio / 9) - writeSeconds
    }
}
