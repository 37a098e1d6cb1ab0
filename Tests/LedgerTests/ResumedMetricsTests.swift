import Diagnostics
import Foundation
import Testing

@testable import Ledger

/// What a record says of the steps of a run that went back to an earlier step and on from there.
@Suite struct ResumedMetricsTests {
    private func line(_ step: Int, _ seconds: Double) -> String { "{\"seconds\":\(seconds),\"step\":\(step)}" }

    private func lines(_ steps: ClosedRange<Int>, _ seconds: Double) -> RecordFile {
        RecordFile.metrics(steps: steps, lines: steps.map { line($0, seconds) })
    }

    /// A run with these events after its start.
    private func run(_ events: [RunEvent], in fixture: GitFixture) throws -> (Ledger, RunID) {
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), files: [], at: start).run
        for (position, event) in events.enumerated() {
            _ = try ledger.append(event, to: run, at: start.addingTimeInterval(Double(position + 1)))
        }
        return (ledger, run)
    }

    private func last(_ ledger: Ledger, _ run: RunID) throws -> [String] {
        Ledger.lastVersions(
            try ledger.metrics(run).map { line in
                (step: Int(line.split(separator: ":").last?.dropLast() ?? "") ?? 0, line: line)
            })
    }

    @Test("The version of a step that counts is the one recorded last, whatever its file is called")
    func laterWins() throws {
        let fixture = try GitFixture()
        let (ledger, run) = try run(
            [
                RunEvent(.segment, step: 6, files: [lines(1...6, 1)]),
                RunEvent(.segment, step: 10, files: [lines(7...10, 1)]),
                RunEvent(.resume, step: 5), RunEvent(.segment, step: 9, files: [lines(6...9, 2)]),
                RunEvent(.segment, step: 12, files: [lines(10...12, 2)]),
            ], in: fixture)
        #expect(try last(ledger, run) == (1...5).map { line($0, 1) } + (6...12).map { line($0, 2) })
        #expect(try ledger.metrics(run).count == 17)
    }

    @Test("Steps that a resume left behind and that were not done again are no steps of the run")
    func leftBehind() throws {
        let fixture = try GitFixture()
        let (ledger, run) = try run(
            [
                RunEvent(.segment, step: 10, files: [lines(1...10, 1)]), RunEvent(.resume, step: 4),
                RunEvent(.incident, step: 9, message: "something"),
            ], in: fixture)
        #expect(try last(ledger, run) == (1...4).map { line($0, 1) })
        _ = try ledger.append(
            RunEvent(.end, step: 7, outcome: .interrupted, files: [lines(5...7, 2)]), to: run,
            at: start.addingTimeInterval(9))
        #expect(try last(ledger, run) == (1...4).map { line($0, 1) } + (5...7).map { line($0, 2) })
        #expect(try ledger.recordedMetrics(run).reached == 7)
    }

    @Test("A file that a resumed run wrote again under the same name counts once for each version")
    func sameName() throws {
        let fixture = try GitFixture()
        let (ledger, run) = try run(
            [
                RunEvent(.segment, step: 5, files: [lines(1...5, 1)]), RunEvent(.resume, step: 0),
                RunEvent(.segment, step: 5, files: [lines(1...5, 2)]), RunEvent(.resume, step: 2),
                // The very same bytes: nothing is lost with them.
                RunEvent(.segment, step: 5, files: [lines(1...5, 2)]),
            ], in: fixture)
        #expect(try last(ledger, run) == (1...5).map { line($0, 2) })
        #expect(try ledger.metrics(run).count == 10)
    }
}
