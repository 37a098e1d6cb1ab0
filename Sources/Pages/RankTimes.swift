import Ledger

/// How long each rank was at work, over stretches of a run's steps: the heat map that shows a slow one.
package struct RankTimes: Sendable, Equatable, Encodable {
    /// The first step of each stretch.
    private(set) var firstSteps: [Int] = []
    /// For each stretch the mean seconds of each rank.
    private(set) var seconds: [[Double]] = []

    /// At most so many stretches.
    static let stretchesMax = 100

    /// The times of steps in ascending order; those of steps before the last change of the number of ranks are left out.
    init(_ steps: [StepMetrics]) {
        guard let ranks = steps.last(where: { $0.rankSeconds != nil })?.rankSeconds?.count, ranks > 0 else { return }
        let begin = (steps.lastIndex { $0.rankSeconds.map { $0.count != ranks } ?? false } ?? -1) + 1
        let length = max(1, (steps.count - begin + Self.stretchesMax - 1) / Self.stretchesMax)
        for first in stride(from: begin, to: steps.count, by: length) {
            let lines = steps[first..<min(first + length, steps.count)].compactMap(\.rankSeconds)
            guard !lines.isEmpty else { continue }
            var sums = [Double](repeating: 0, count: ranks)
            for line in lines {
                for rank in 0..<ranks { sums[rank] += line[rank] }
            }
            firstSteps.append(steps[first].step)
            seconds.append(sums.map { ($0 / Double(lines.count) * 1e6).rounded() / 1e6 })
        }
    }

    enum CodingKeys: String, CodingKey {
        case seconds
        case firstSteps = "first_steps"
    }
}
