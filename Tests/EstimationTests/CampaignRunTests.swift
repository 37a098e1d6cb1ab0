import Testing

@testable import Estimation

@Suite("Simulated campaigns") struct CampaignRunTests {
    static let day = 86400.0

    /// 100 days of steps of 100 s, checkpoints of 40 s every `every` steps, evaluations of 12 minutes every 1,000.
    static func work(every: Int, asynchronous: Bool = false) -> CampaignWork {
        CampaignWork(
            phases: [
                .init(steps: 20_000, use: TimeUse(computing: 43.2)), .init(steps: 77_760, use: TimeUse(computing: 100)),
            ], evaluation: .init(everySteps: 1000, seconds: 720), checkpoint: .init(everySteps: every, seconds: 40),
            isAsynchronous: asynchronous)
    }

    static func hazards(_ change: (inout CampaignHazards) -> Void) -> CampaignHazards {
        var hazards = CampaignHazards()
        hazards.startSeconds = 300
        hazards.spareNodes = 4
        change(&hazards)
        return hazards
    }

    static func mean(_ work: CampaignWork, _ hazards: CampaignHazards, runs: Int = 2000) -> CampaignTally {
        .mean((0..<runs).map { CampaignRun.tally(work, hazards, seed: 5, number: $0) })
    }

    @Test("Without hazards a run is its work and one start")
    func plain() {
        let work = Self.work(every: 100)
        let tally = CampaignRun.tally(work, Self.hazards { _ in }, seed: 1, number: 0)
        #expect(abs(tally.reserved - work.progress(through: work.steps).seconds - 300) < 1e-3)
        #expect(tally.jobs == 1)
        #expect(tally.failures == 0 && tally.lost == 0 && tally.queue == 0)
    }

    @Test("Each job that runs out of time costs a start and a checkpoint, and loses nothing")
    func limit() {
        let work = Self.work(every: 100)
        let tally = CampaignRun.tally(work, Self.hazards { $0.jobSeconds = 20 * 3600 }, seed: 1, number: 0)
        let whole = work.progress(through: work.steps)
        #expect(tally.lost == 0)
        #expect(abs(tally.steps - whole.steps) < 1e-3)
        #expect(abs(tally.start - 300 * tally.jobs) < 1e-6)
        #expect(tally.jobs == (tally.reserved / (20 * 3600)).rounded(.up))
        let saved = tally.checkpoint - whole.checkpoint
        #expect(saved <= 40 * (tally.jobs - 1) + 1e-6 && saved > 0.9 * 40 * (tally.jobs - 1))
    }

    struct Case: CustomTestStringConvertible {
        var name: String
        var every = 100
        var asynchronous = false
        var change: @Sendable (inout CampaignHazards) -> Void
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "a crash a week") { $0.crashesPerSecond = 1 / (7 * day) },
        Case(name: "a crash a day", every: 40) { $0.crashesPerSecond = 1 / day },
        Case(name: "eight a day, as on 16,384 accelerators", every: 20) { $0.crashesPerSecond = 8 / day },
        Case(name: "in the background", every: 20, asynchronous: true) { $0.crashesPerSecond = 8 / day },
        Case(name: "slow detection") {
            $0.crashesPerSecond = 1 / day
            $0.detectionSeconds = 1800
        },
        Case(name: "hangs as well") {
            $0.crashesPerSecond = 1 / (7 * day)
            $0.hangsPerSecond = 1 / (40 * day)
            $0.hangSeconds = 12 * 3600
        },
        Case(name: "jobs of 20 hours") {
            $0.crashesPerSecond = 1 / (7 * day)
            $0.jobSeconds = 20 * 3600
        },
        Case(name: "a queue") {
            $0.crashesPerSecond = 1 / (7 * day)
            $0.jobSeconds = 20 * 3600
            $0.queueSeconds = 8 * 3600
        },
        Case(name: "no spare node") {
            $0.crashesPerSecond = 1 / (7 * day)
            $0.repairSeconds = 2 * day
            $0.spareNodes = 0
        },
        Case(name: "one spare node, long repairs") {
            $0.crashesPerSecond = 1 / (4 * day)
            $0.repairSeconds = 3 * day
            $0.spareNodes = 1
        },
    ]

    @Test("The mean of many runs is what the closed form expects", arguments: cases)
    func expectation(_ test: Case) {
        let work = Self.work(every: test.every, asynchronous: test.asynchronous)
        let hazards = Self.hazards(test.change)
        let expected = CampaignExpectation(work, hazards)
        let mean = Self.mean(work, hazards)
        #expect(abs(mean.reserved / expected.reservedSeconds - 1) < 0.002)
        // Runs begin with all nodes whole, which the closed form does not know.
        #expect(abs(mean.elapsed / expected.elapsedSeconds - 1) < (hazards.repairSeconds > 0 ? 0.02 : 0.006))
        #expect(abs(mean.failures / max(expected.failures, 1) - 1) < 0.02)
        #expect(abs(mean.goodput - expected.goodput) < 0.002)
        #expect(abs(mean.jobs / expected.jobs - 1) < 0.02)
    }

    @Test("The same seed gives the same run, another number another one")
    func deterministic() {
        let work = Self.work(every: 100)
        let hazards = Self.hazards { $0.crashesPerSecond = 1 / Self.day }
        let first = CampaignRun.tally(work, hazards, seed: 3, number: 4)
        #expect(CampaignRun.tally(work, hazards, seed: 3, number: 4) == first)
        #expect(CampaignRun.tally(work, hazards, seed: 3, number: 5) != first)
        #expect(CampaignRun.tally(work, hazards, seed: 4, number: 4) != first)
    }

    @Test("A failure loses at most the work since the last checkpoint and what was being written")
    func losses() {
        let work = Self.work(every: 100)
        let hazards = Self.hazards { $0.crashesPerSecond = 1 / Self.day }
        for number in 0..<50 {
            let tally = CampaignRun.tally(work, hazards, seed: 9, number: number)
            #expect(tally.lost <= tally.failures * (100 * 100 + 720 + 40))
            #expect(tally.lost > 0)
        }
    }

    @Test("More failures, rarer checkpoints and slower starts never raise the goodput")
    func monotone() {
        func goodput(_ every: Int, _ change: (inout CampaignHazards) -> Void) -> Double {
            Self.mean(Self.work(every: every), Self.hazards(change), runs: 400).goodput
        }
        let base = goodput(100) { $0.crashesPerSecond = 1 / Self.day }
        #expect(goodput(100) { $0.crashesPerSecond = 2 / Self.day } < base)
        #expect(goodput(300) { $0.crashesPerSecond = 1 / Self.day } < base)
        #expect(
            goodput(100) {
                $0.crashesPerSecond = 1 / Self.day
                $0.startSeconds = 3600
            } < base)
    }
}
