import Ledger
import Testing

@testable import Pages

@Suite struct RankTimesTests {
    private func step(_ number: Int, _ seconds: [Double]?) throws -> StepMetrics {
        let ranks = seconds.map { ",\"rank_seconds\":\($0)" } ?? ""
        return try #require(StepMetrics(line: "{\"step\":\(number)\(ranks)}"))
    }

    @Test func stretchesHaveMeans() throws {
        let steps = try (1...1000).map { try step($0, [Double($0), 2]) }
        let times = RankTimes(steps)
        #expect(times.firstSteps.count == RankTimes.stretchesMax && times.firstSteps[1] == 11)
        #expect(times.seconds[0] == [5.5, 2] && times.seconds[99] == [995.5, 2])
    }

    @Test func onlyTheNewestLayoutCounts() throws {
        let steps = [try step(1, [1, 1, 1, 1]), try step(2, nil), try step(3, [2, 4]), try step(4, nil)]
        let times = RankTimes(steps)
        #expect(times.seconds == [[2, 4]] && times.firstSteps == [3])
        #expect(RankTimes([try step(1, nil)]).seconds.isEmpty && RankTimes([]).seconds.isEmpty)
    }
}
