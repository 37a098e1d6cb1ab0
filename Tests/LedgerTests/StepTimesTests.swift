import Foundation
import Testing

@testable import Ledger

@Suite struct StepTimesTests {
    private func event(_ kind: EventKind, _ step: Int?, at time: Double) -> RecordedEvent {
        RecordedEvent(
            commit: "", time: Date(timeIntervalSince1970: time), kind: kind, step: step, digest: nil, outcome: nil,
            message: "")
    }

    @Test func stepsEndAfterTheStartOrResumeBeforeThem() {
        var times = StepTimes([
            event(.start, nil, at: 100), event(.segment, 3, at: 110), event(.resume, 2, at: 200),
        ])
        #expect(times.end(of: 1, seconds: 2) == 102)
        #expect(times.end(of: 2, seconds: nil) == 102)
        #expect(times.end(of: 3, seconds: 5) == 205)
        #expect(times.end(of: 4, seconds: .infinity) == 205)
        #expect(times.end(of: 5, seconds: -1) == 205)
    }

    @Test func aResumeBeforeTheEndOfTheStepsDoesNotTurnTimeBack() {
        var times = StepTimes([event(.start, nil, at: 100), event(.resume, 1, at: 101)])
        #expect(times.end(of: 1, seconds: 50) == 150)
        #expect(times.end(of: 2, seconds: 1) == 151)
    }

    @Test func aResumeFromAnEarlierStepThanTheOneBeforeCounts() {
        var times = StepTimes([event(.start, 0, at: 100), event(.resume, 8, at: 200), event(.resume, 4, at: 300)])
        #expect((1...4).map { times.end(of: $0, seconds: 1) } == [101, 102, 103, 104])
        #expect((5...9).map { times.end(of: $0, seconds: 1) } == [301, 302, 303, 304, 305])
    }

    @Test func ofAStepDoneAgainTheLastVersionCounts() {
        let lines = Ledger.lastVersions([(step: 2, line: "b"), (1, "a"), (3, "c"), (2, "B")])
        #expect(lines == ["a", "B", "c"])
    }
}
