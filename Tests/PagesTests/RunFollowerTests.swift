import Foundation
import Ledger
import Testing

@testable import Pages

@Suite struct RunFollowerTests {
    /// A run of this machine whose process is this one, and its folder with a lock that this process holds.
    private static func here(_ run: RunID, _ folder: String) -> RunEnvironment {
        var environment = RunEnvironment.current()
        environment.runFolder = folder
        return environment
    }

    private func write(_ lines: [String], to recorded: RecordedRun, replacing: Bool = false) throws {
        let folder = recorded.folder + "/" + recorded.run.text
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/metrics.jsonl"
        if replacing || !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(fileURLWithPath: path), options: .atomic)
        }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(lines.joined().utf8))
        try handle.close()
    }

    @Test func onlyWhatIsNewIsTakenOver() throws {
        let recorded = try RecordedRun(environment: Self.here)
        let follower = try RunFollower(recorded.run, in: recorded.ledger)
        #expect(follower.page.columns.step == [1, 2, 3, 4, 5, 6])
        #expect(follower.refresh() == nil)
        // A step of the folder is there before the record has it; half a line is not.
        try write((1...7).map { RecordedRun.line($0, seconds: 5.5) + "\n" } + ["{\"step\":8,"], to: recorded)
        #expect(follower.refresh() == 0)
        #expect(follower.page.columns.step == [1, 2, 3, 4, 5, 6, 7] && follower.page.stepsDone == 7)
        try write(["\"samples\":64,\"seconds\":1,\"loss\":0.5}\n"], to: recorded)
        #expect(follower.refresh() == 7)
        #expect(follower.page.columns.loss.last == 0.5)
        // The record catches up with the same numbers, and nothing is new but the event.
        try recorded.append(.segment, 7, metrics: 7...7, after: 110)
        #expect(follower.refresh() == 8)
        #expect(follower.page.record.events.last?.kind == .segment)
    }

    @Test func stepsThatTrainingWentBackBehindAreGone() throws {
        let recorded = try RecordedRun(environment: Self.here)
        try write((1...9).map { RecordedRun.line($0, seconds: 1) + "\n" }, to: recorded)
        let follower = try RunFollower(recorded.run, in: recorded.ledger)
        #expect(follower.page.columns.step == Array(1...9))
        try write([RecordedRun.line(7, seconds: 1, loss: 0.25) + "\n"], to: recorded)
        #expect(follower.refresh() == 6)
        #expect(follower.page.columns.step == Array(1...7) && follower.page.columns.loss[6] == 0.25)
        // A resume writes the file anew, with the steps that still count.
        try write((1...4).map { RecordedRun.line($0, seconds: 1) + "\n" }, to: recorded, replacing: true)
        _ = follower.refresh()
        #expect(follower.page.columns.step == Array(1...4))
    }

    @Test func aStrangeFolderIsNotRead() throws {
        let recorded = try RecordedRun { run, folder in
            var environment = Self.here(run, folder)
            environment.host = "elsewhere"
            return environment
        }
        try write((1...9).map { RecordedRun.line($0, seconds: 1) + "\n" }, to: recorded)
        let page = try PageRun(recorded.run, from: recorded.ledger)
        #expect(page.columns.step == Array(1...6))
        #expect(page.liveness.reason == "its process is on elsewhere, out of sight from here")
    }

    @Test func aStateIsToldFromProcessAndSilence() throws {
        let recorded = try RecordedRun(environment: Self.here)
        let record = try recorded.ledger.read(recorded.run)
        func state(_ after: Double, _ change: (inout RunEnvironment) -> Void = { _ in }) -> RunLiveness {
            var record = record
            if var environment = record.environment {
                change(&environment)
                record.environment = environment
            }
            return RunLiveness(
                record, heard: nil, patience: 60, now: record.summary.updated.addingTimeInterval(after))
        }
        #expect(state(10).state == .live && state(10).reason == nil)
        #expect(state(100).state == .stale)
        #expect(state(10) { $0.bootID = "another" }.state == .dead)
        #expect(state(10) { $0.process = 0x3fff_ffff }.state == .dead)
        let elsewhere = state(100) { $0.host = "elsewhere" }
        #expect(elsewhere.state == .stale && elsewhere.reason != nil)
        // A process that does not hold the run's lock is another one.
        try write([], to: recorded)
        let lock = recorded.folder + "/" + recorded.run.text + "/lock"
        #expect(FileManager.default.createFile(atPath: lock, contents: nil))
        #expect(state(10).state == .dead)
        let held = try #require(FileHandle(forReadingAtPath: lock))
        #expect(state(10).state == .live)
        try held.close()
    }

    @Test func aRecordThatCannotBeReadJustNowIsSaid() throws {
        let recorded = try RecordedRun()
        let follower = try RunFollower(recorded.run, in: recorded.ledger)
        let reference = recorded.folder + "/.git/refs/serre/runs/" + recorded.run.text
        let tip = try String(contentsOfFile: reference, encoding: .utf8)
        try String(repeating: "1", count: 40).write(toFile: reference, atomically: true, encoding: .utf8)
        #expect(follower.refresh() == 6)
        #expect(follower.page.problem != nil && follower.page.columns.count == 6)
        try tip.write(toFile: reference, atomically: true, encoding: .utf8)
        #expect(follower.refresh() != nil && follower.page.problem == nil)
    }
}
