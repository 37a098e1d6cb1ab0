import Diagnostics
import Evaluation
import Fabrics
import Foundation
import Numerics
import Recipes
import Testing

@testable import Training

@Suite("Trainer")
struct TrainerTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
    }

    @Test("does what the recipe's policies ask for, in order")
    func story() throws {
        let nano = try NanoTrainer(run) {
            $0.checkpoint.everySteps = 2
            $0.checkpoint.asynchronous = false
            $0.evaluation.everySteps = 3
            $0.optimizer.trainSamples = 5 * 16 - 3
        }
        nano.trainer.initialize()
        let end = try nano.run(until: 100)
        #expect(
            nano.story == [
                "step 1", "step 2", "checkpoint 2", "step 3", "evaluation 3", "step 4", "checkpoint 4", "step 5",
                "checkpoint 5", "evaluation 5",
            ])
        #expect((end.step, end.samples) == (5, 80))
        #expect(end.stopped == nil)
        #expect(end.checkpoint == run.checkpoint(5))
    }

    @Test("a save is announced when the steps before it are told, and before any of it is written")
    func announcesSaves() throws {
        for asynchronous in [false, true] {
            let run = try folder.run("announced-\(asynchronous)")
            let nano = try NanoTrainer(run) {
                $0.checkpoint.everySteps = 2
                $0.checkpoint.asynchronous = asynchronous
            }
            nano.trainer.initialize()
            var told: [String] = []
            _ = try nano.trainer.run(until: 3) { event in
                if case .step(let record) = event { told.append("step \(record.step)") }
                guard case .saving(let step) = event else { return }
                told.append("saving \(step)")
                #expect(!run.checkpointSteps().contains(step))
            }
            #expect(told == ["step 1", "step 2", "saving 2", "step 3", "saving 3"], "asynchronous: \(asynchronous)")
        }
    }

    @Test("a run that was stopped before an evaluation that was due evaluates when it goes on")
    func lateEvaluation() throws {
        func evaluatingEverySecond(_ recipe: inout Recipe) { recipe.evaluation.everySteps = 2 }
        try NanoTrainer.start(run, until: 2, evaluatingEverySecond)
        let nano = try NanoTrainer(run, evaluatingEverySecond)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(2)))
        _ = try nano.run(until: 3)
        #expect(nano.story == ["evaluation 2", "step 3", "checkpoint 3", "evaluation 3"])
    }

    @Test("each step's record says what was done")
    func records() throws {
        let nano = try NanoTrainer(run) { $0.digestEvery = 2 }
        nano.trainer.initialize()
        let end = try nano.run(until: 4)
        let records = nano.events.compactMap { if case .step(let record) = $0 { record } else { nil } }
        #expect(records.map(\.samples) == [16, 32, 48, 64])
        #expect(records.map(\.tokens) == [512, 1024, 1536, 2048])
        #expect(records.map { $0.digest != nil } == [false, true, false, true])
        #expect(records.last?.digest == end.digest)
        #expect(end.finalLoss == records.last?.outcome.loss)
        // Warm-up over 32 samples, then the cosine; the first loss is near that of equal guesses over 264 ids.
        #expect(records[0].learningRate == 0.005)
        #expect(abs(records[1].learningRate - 0.01) < 1e-15)
        #expect(records[2].learningRate < 0.01)
        #expect(abs(records[0].outcome.loss - log(264)) < 1)
        #expect(records[3].outcome.loss < records[0].outcome.loss)
        #expect(Set(records.map(\.fingerprint)).count == 4)
        #expect(records.allSatisfy { $0.fingerprint.wholeMatch(of: /[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}/) != nil })
        #expect(records.allSatisfy { $0.seconds > 0 && $0.tokensPerSecond > 0 })
    }

    @Test(
        "of many ranks the seconds at work are told after some steps only",
        arguments: [([2, 2, 2], [8, 8]), ([4, 4, 8], [nil, 128])])
    func rankSeconds(degrees: [Int], counts: [Int?]) throws {
        let layout = Layout(tensor: degrees[0], pipeline: degrees[1], data: degrees[2], microBatch: 1)
        let nano = try NanoTrainer(run, layout: layout)
        nano.trainer.initialize()
        _ = try nano.run(until: 2)
        let records = nano.events.compactMap { if case .step(let record) = $0 { record } else { nil } }
        #expect(records.map { $0.rankSeconds?.count } == counts)
    }

    @Test("a whole short run learns: the loss falls well below equal guesses")
    func learns() throws {
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let end = try nano.run(until: nano.trainer.plannedSteps)
        #expect(end.step == 10)
        #expect(try #require(end.finalLoss) < log(257) - 1)
    }

    @Test("a run that is already where it should be saves nothing again")
    func nothingToDo() throws {
        let digest = try NanoTrainer.start(run, until: 2).digest
        let nano = try NanoTrainer(run)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(2)))
        let end = try nano.run(until: 2)
        #expect(end.digest == digest)
        #expect(nano.story == ["evaluation 2"])
        #expect(end.finalLoss == nil)
    }

    @Test("numbers that are no longer finite are refused, and not saved")
    func nonFinite() throws {
        let nano = try NanoTrainer(run) {
            $0.optimizer.learningRatePeak = 1e38
            $0.checkpoint.everySteps = 1
        }
        nano.trainer.initialize()
        let failure = try #require(diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 5) })
        #expect(failure.code == "train.non-finite")
        #expect(failure.exitStatus == 1)
        let saved = run.checkpointSteps()
        #expect(saved.count <= 1)
        #expect(!names(in: run.checkpoints).contains { $0.hasSuffix(".partial") })
    }

    @Test("an observer's failure ends the run with that failure")
    func observerFails() throws {
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let failure = diagnostic { () throws(Diagnostic) in
            _ = try nano.trainer.run(until: 3) { (_) throws(Diagnostic) in
                throw Diagnostic("test.observer", "no")
            }
        }
        #expect(failure?.code == "test.observer")
    }

    @Test("what cannot keep the promise is refused before anything is allocated")
    func obstacles() throws {
        for change: (inout Recipe) -> Void in [
            { $0.precision = .float16 },
            { $0.data.tokenizer = "bloom" },
        ] {
            #expect(throws: Diagnostic.self) { try NanoTrainer(run, change) }
        }
    }
}

@Suite("Learning rate")
struct LearningRateTests {
    private let optimizer = Recipe.Optimizer(
        learningRatePeak: 6e-4, learningRateMinimum: 6e-5, warmupSamples: 100, decaySamples: 1100, trainSamples: 2000)

    @Test("rises linearly to the peak, falls along half a cosine to the minimum, and stays there")
    func shape() {
        #expect(optimizer.learningRate(atSamples: 0) == 0)
        #expect(optimizer.learningRate(atSamples: 1) == 6e-4 / 100)
        #expect(optimizer.learningRate(atSamples: 50) == 3e-4)
        #expect(optimizer.learningRate(atSamples: 100) == 6e-4)
        #expect(abs(optimizer.learningRate(atSamples: 600) - 3.3e-4) < 1e-18)
        #expect(optimizer.learningRate(atSamples: 1100) == 6e-5)
        #expect(optimizer.learningRate(atSamples: 5000) == 6e-5)
        let decay = (100...1101).map(optimizer.learningRate(atSamples:))
        #expect(zip(decay, decay.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test("is the cosine of the mathematics library within rounding")
    func cosine() {
        for samples in stride(from: 100, through: 1100, by: 7) {
            let share = 0.5 * (1 + cos(Double.pi * Double(samples - 100) / 1000))
            #expect(abs(optimizer.learningRate(atSamples: samples) - (6e-5 + share * 5.4e-4)) < 1e-18)
        }
    }

    @Test("without a warm-up begins at the peak")
    func noWarmup() {
        var optimizer = optimizer
        optimizer.warmupSamples = 0
        #expect(optimizer.learningRate(atSamples: 0) == 6e-4)
    }

    @Test("the planned steps cover the samples, rounded up", arguments: [(1, 1), (16, 1), (17, 2), (160, 10)])
    func plannedSteps(samples: Int, steps: Int) throws {
        var recipe = try TestData.recipe("nano")
        recipe.optimizer.trainSamples = samples
        #expect(recipe.plannedSteps == steps)
    }
}
