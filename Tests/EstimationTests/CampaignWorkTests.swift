import Testing

@testable import Estimation

@Suite("A campaign's work") struct CampaignWorkTests {
    static let phases: [CampaignWork.Phase] = [
        .init(steps: 7, use: TimeUse(computing: 2)), .init(steps: 1, use: TimeUse(computing: 3)),
        .init(steps: 25, use: TimeUse(computing: 4, communicating: 1, waiting: 1)),
    ]

    static func work(_ evaluation: Int, _ checkpoint: Int, asynchronous: Bool = false, write: Double = 3)
        -> CampaignWork
    {
        CampaignWork(
            phases: phases, evaluation: .init(everySteps: evaluation, seconds: 11),
            checkpoint: .init(everySteps: checkpoint, seconds: write), isAsynchronous: asynchronous)
    }

    @Test(
        "Steps, evaluations and checkpoints lie on the line where a loop over the steps puts them",
        arguments: [0, 1, 4, 11, 33, 40], [0, 1, 5, 33, 50])
    func progress(evaluation: Int, checkpoint: Int) {
        let work = Self.work(evaluation, checkpoint)
        let seconds = Self.phases.flatMap { Array(repeating: $0.use.seconds, count: $0.steps) }
        var expected = CampaignWork.Progress()
        #expect(work.steps == 33)
        #expect(work.progress(through: 0) == expected)
        for step in 1...33 {
            expected.steps += seconds[step - 1]
            func isDue(_ every: Int) -> Bool { (every > 0 && step % every == 0) || step == 33 }
            if isDue(evaluation) { expected.evaluation += 11 }
            if isDue(checkpoint) { expected.checkpoint += 3 }
            #expect(work.progress(through: step) == expected, "step \(step)")
        }
    }

    @Test("The last step within a time is the last whose end is no later", arguments: [0, 3, 7, 8, 20, 33])
    func lastStep(start: Int) {
        let work = Self.work(4, 5)
        let from = work.progress(through: start).seconds
        for tenths in 0..<2500 {
            let limit = Double(tenths) / 10
            let last = work.lastStep(from: start, within: limit)
            #expect(work.progress(through: last).seconds - from <= limit + 1e-9)
            if last < 33 { #expect(work.progress(through: last + 1).seconds - from > limit - 1e-9) }
        }
    }

    @Test(
        "Stretches between checkpoints are those that a loop over the steps finds; a short run is one",
        arguments: [0, 1, 2, 5, 8, 33, 34, 1000])
    func stretches(every: Int) {
        let work = Self.work(4, every)
        // The ends of stretches, from step to step.
        let ends = (1...33).filter { $0 == 33 || (every > 0 && $0 % every == 0) }
        let stretches = work.stretches
        #expect(stretches.reduce(0) { $0 + $1.count } == Double(ends.count))
        let seconds = stretches.reduce(0) { $0 + $1.count * $1.seconds }
        #expect(abs(seconds - work.progress(through: 33).seconds) < 1e-9)
        if every == 0 || every >= 33 { #expect(stretches.count == 1) }
        // Steps 6 to 10: two of 2 s, one of 3, two of 6, an evaluation of 11 and a write of 3.
        if every == 5 { #expect(stretches[1].seconds == 33) }
    }

    @Test("Training waits for an asynchronous checkpoint only where the one before is not done, and for the last")
    func asynchronous() {
        // In the background: 5 steps take 10 s, and later 30 s; a write takes 12.
        let work = Self.work(0, 5, asynchronous: true, write: 12)
        #expect(work.progress(through: 5).checkpoint == 2)
        #expect(work.progress(through: 30).checkpoint == 2)
        #expect(work.progress(through: 33).checkpoint == 14)
        #expect(Self.work(0, 5, write: 12).progress(through: 30).checkpoint == 72)
        #expect(work.lastCheckpoint(before: 29) == 25)
        #expect(Self.work(0, 0).lastCheckpoint(before: 29) == 0)
    }
}

@Suite("Checkpoint intervals") struct CheckpointIntervalTests {
    private func optimal(_ write: Double, _ mean: Double) -> Double {
        CheckpointInterval.optimalSeconds(writeSeconds: write, isAsynchronous: false, meanSecondsBetweenFailures: mean)
    }

    @Test("Young's √(2δM) where failures are rare")
    func young() {
        #expect(abs(optimal(40, 1e9) / (2 * 40 * 1e9).squareRoot() - 1) < 1e-3)
        #expect(optimal(40, 10) == 10)
        #expect(
            CheckpointInterval.optimalSeconds(
                writeSeconds: 40, isAsynchronous: true, meanSecondsBetweenFailures: 1e6) == 40)
    }

    @Test("No other interval is expected to take less", arguments: [20.0, 200, 3000], [2e4, 1e5, 1e6])
    func best(write: Double, mean: Double) {
        func goodput(_ step: Double) -> Double {
            let work = CampaignWork(
                phases: [.init(steps: 1_000_000, use: TimeUse(computing: step))],
                evaluation: .init(everySteps: 0, seconds: 0), checkpoint: .init(everySteps: 1, seconds: write),
                isAsynchronous: false)
            var hazards = CampaignHazards()
            hazards.crashesPerSecond = 1 / mean
            return CampaignExpectation(work, hazards).goodput
        }
        let best = goodput(optimal(write, mean))
        for factor in [0.25, 0.5, 0.8, 1.25, 2, 4] { #expect(goodput(factor * optimal(write, mean)) < best) }
    }
}
