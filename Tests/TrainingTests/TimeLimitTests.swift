import Fabrics
import Foundation
import Testing

@testable import Training

@Suite("Time limits")
struct TimeLimitTests {
    private let start = ContinuousClock.now

    /// A limit that is looked at.
    private final class Watch {
        private var limit: TimeLimit

        init(_ limit: TimeLimit) { self.limit = limit }

        func isReached(saveSeconds: Double, now: ContinuousClock.Instant) -> Bool {
            limit.isReached(saveSeconds: saveSeconds, now: now)
        }
    }

    private func seconds(_ count: Double) -> ContinuousClock.Instant { start + .seconds(count) }

    @Test("are reached when another step, a save and the margin do not fit")
    func margin() {
        let limit = Watch(TimeLimit(end: seconds(100), margin: .seconds(5), now: start))
        #expect(!limit.isReached(saveSeconds: 10, now: seconds(20)))  // 20 + 20 + 10 + 5
        #expect(!limit.isReached(saveSeconds: 10, now: seconds(40)))
        #expect(!limit.isReached(saveSeconds: 10, now: seconds(60)))  // 60 + 20 + 10 + 5
        #expect(limit.isReached(saveSeconds: 10, now: seconds(66)))  // 66 + 20 + 10 + 5
    }

    @Test("count the longest step of the last twenty")
    func longest() {
        let limit = Watch(TimeLimit(end: seconds(618.5), margin: .zero, now: start))
        #expect(!limit.isReached(saveSeconds: 0, now: seconds(300)))
        for step in 1...18 { #expect(!limit.isReached(saveSeconds: 0, now: seconds(300 + Double(step)))) }
        #expect(limit.isReached(saveSeconds: 0, now: seconds(319)))  // 319 + 300
        #expect(!limit.isReached(saveSeconds: 0, now: seconds(320)), "the long step is the twenty-first from the end")
    }

    @Test("without a margin keep as much again as a step and a save take, at least half a minute")
    func derived() {
        let limit = Watch(TimeLimit(end: seconds(100), now: start))
        #expect(!limit.isReached(saveSeconds: 0, now: seconds(1)))
        #expect(!limit.isReached(saveSeconds: 0, now: seconds(2)))
        let short = Watch(TimeLimit(end: seconds(32), now: start))
        #expect(short.isReached(saveSeconds: 0.5, now: seconds(1)))  // 1 + 1.5 + 30
        let long = Watch(TimeLimit(end: seconds(200), now: start))
        #expect(long.isReached(saveSeconds: 40, now: seconds(41)))  // 41 + 81 + 81
        let enough = Watch(TimeLimit(end: seconds(204), now: start))
        #expect(!enough.isReached(saveSeconds: 40, now: seconds(41)))
    }

    @Test("Slurm's end of the job is taken from the environment, and nonsense there ignored")
    func slurm() throws {
        let date = Date(timeIntervalSince1970: 1_800_000_000)
        func end(_ text: String) -> ContinuousClock.Instant? {
            TimeLimit.slurmEnd(["SLURM_JOB_END_TIME": text], now: start, date: date)
        }
        #expect(try #require(end("1800000090")) - start == .seconds(90))
        #expect(try #require(end("1799999990")) - start == .seconds(-10))
        for text in ["", "soon", "-1", "0", "99999999999999999999", "9223372036854775807"] { #expect(end(text) == nil) }
        #expect(TimeLimit.slurmEnd([:], now: start, date: date) == nil)
    }

    @Test("stop the run with its state saved, and a signal or a stop file goes before")
    func stops() throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let stop = StopRequest(stopFile: run.stopFile, limit: TimeLimit(end: .now, margin: .zero))
        let end = try nano.run(until: 5, stop: stop)
        #expect((end.step, end.stopped) == (1, .timeLimit))
        #expect(run.checkpointSteps() == [1])
        try Data().write(to: URL(filePath: run.stopFile))
        #expect(try stop.agreed(over: LocalFabric(ranks: 1)) == .stopFile)
        #expect(try stop.agreed(over: LocalFabric(ranks: 1)) == .timeLimit)
    }
}
