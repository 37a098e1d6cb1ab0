import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Training

/// The guard's decisions are part of the run: the same on every layout, and when stopped and resumed.
@Suite("The guard")
struct GuardTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
    }

    /// A factor below one takes a loss that does not fall for a spike, so that a short run has several.
    private static func eager(_ spike: Recipe.GuardPolicy.Spike) -> (inout Recipe) -> Void {
        { recipe in
            recipe.guardPolicy = .init(
                spike: spike, spikeWindow: 3, spikeFactor: 0.995, skipMost: 10, rollBackMost: 100)
            recipe.checkpoint.everySteps = 3
            recipe.optimizer.trainSamples = 16 * 16
        }
    }

    /// Step 1 has a learning rate that no model survives, the others a small one.
    private static func poisoned(_ nonFinite: Recipe.GuardPolicy.NonFinite) -> (inout Recipe) -> Void {
        { recipe in
            recipe.guardPolicy.nonFinite = nonFinite
            recipe.checkpoint.everySteps = 4
            recipe.optimizer.learningRatePeak = 1e30
            recipe.optimizer.warmupSamples = 0
            recipe.optimizer.decaySamples = 17
        }
    }

    private func decisions(of nano: NanoTrainer) -> [GuardDecision] {
        nano.events.compactMap { if case .incident(let decision) = $0 { decision } else { nil } }
    }

    private static let layouts = [
        Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2), Layout(data: 4, microBatch: 1),
        Layout(tensor: 4, microBatch: 4, zero: 0), Layout(pipeline: 4, microBatch: 2, schedule: .gpipe),
    ]

    @Test("decides alike on every layout", arguments: [Recipe.GuardPolicy.Spike.skip, .rollBack])
    func everyLayout(spike: Recipe.GuardPolicy.Spike) throws {
        let one = try NanoTrainer(run, Self.eager(spike))
        one.trainer.initialize()
        let end = try one.run(until: 14)
        let expected = decisions(of: one)
        #expect(expected.count >= 2, "the test needs decisions")
        #expect(expected == one.trainer.history.decisions)
        for (number, layout) in Self.layouts.enumerated() {
            let other = try NanoTrainer(folder.run("\(number)"), layout: layout, Self.eager(spike))
            other.trainer.initialize()
            #expect(try other.run(until: 14).digest == end.digest, "\(layout)")
            #expect(decisions(of: other) == expected, "\(layout)")
        }
    }

    @Test(
        "a stopped run resumed on another layout decides as one that was not",
        arguments: [Recipe.GuardPolicy.Spike.skip, .rollBack])
    func resumed(spike: Recipe.GuardPolicy.Spike) throws {
        let one = try NanoTrainer(folder.run("straight"), Self.eager(spike))
        one.trainer.initialize()
        let end = try one.run(until: 14)
        let first = try NanoTrainer(run, Self.eager(spike))
        first.trainer.initialize()
        var (step, layouts) = (0, Self.layouts[...])
        // Stops after every second step: also between the checkpoints to which the run may roll back.
        for stop in stride(from: 2, through: 14, by: 2) {
            let nano =
                step == 0 ? first : try NanoTrainer(run, layout: layouts.removeFirst(), Self.eager(spike))
            if layouts.isEmpty { layouts = Self.layouts[...] }
            if step > 0 { try nano.trainer.resume(from: Checkpoint(run.checkpoint(step))) }
            let part = try nano.run(until: stop)
            step = part.step
            if stop == 14 {
                #expect(part.digest == end.digest)
                #expect(nano.trainer.history == one.trainer.history)
            }
        }
    }

    @Test("going back brings the state of the last checkpoint due, not of one that a stop has made")
    func rollsBack() throws {
        let nano = try NanoTrainer(run, Self.eager(.rollBack))
        nano.trainer.initialize()
        var before: [Int: [[Float]]] = [:]
        var checked = 0
        _ = try nano.trainer.run(until: 14) { (event) throws(Diagnostic) in
            switch event {
            case .step(let record):
                if let decision = record.decision {
                    let target = (record.step - 1) / 3 * 3
                    #expect(decision.action == .rollBack && decision.rolledBackTo == target)
                    #expect(decision.firstSample == 16 * target && decision.endSample == 16 * record.step)
                    if let then = before[target] {
                        #expect(nano.trainer.executor.wholeTensors() == then)
                        checked += 1
                    }
                }
                before[record.step] = nano.trainer.executor.wholeTensors()
            default: break
            }
        }
        #expect(checked >= 2)
    }

    @Test("a step whose learning rate breaks the model is undone by going back to the start")
    func nonFiniteRollsBack() throws {
        let nano = try NanoTrainer(run, Self.poisoned(.rollBack))
        nano.trainer.initialize()
        let end = try nano.run(until: 10)
        let made = decisions(of: nano)
        #expect(made.map(\.action) == [.rollBack])
        #expect(made.first?.rolledBackTo == 0 && made.first?.cause == .nonFinite)
        #expect(end.step == 10 && (end.finalLoss ?? .nan).isFinite)
        for layout in Self.layouts.prefix(2) {
            let other = try NanoTrainer(folder.run("\(layout)"), layout: layout, Self.poisoned(.rollBack))
            other.trainer.initialize()
            #expect(try other.run(until: 10).digest == end.digest)
        }
    }

    @Test("a state that is gone is asked for by name, and random weights never take its place")
    func missingTarget() throws {
        // Stopped after a step from the seed: its start can be had again, by whoever goes on.
        let seeded = try folder.run("seeded")
        try NanoTrainer.start(seeded, until: 1, Self.poisoned(.rollBack))
        let goesOn = try NanoTrainer(seeded, Self.poisoned(.rollBack))
        try goesOn.trainer.resume(from: Checkpoint(seeded.checkpoint(1)))
        #expect(try goesOn.run(until: 3).step == 3)
        #expect(decisions(of: goesOn).map(\.rolledBackTo) == [0])

        // The same from weights that came from elsewhere, with and without the checkpoint of step 0.
        for isKept in [true, false] {
            let imported = try folder.run("imported-\(isKept)")
            let nano = try NanoTrainer(imported, Self.poisoned(.rollBack))
            nano.trainer.executor.initialize()
            let digest = try StateDigest(of: nano.trainer.executor, step: 0, samples: 0).root
            _ = try Checkpoint.write(nano.trainer.executor, step: 0, samples: 0, digest: digest, in: imported)
            try nano.trainer.resume(from: Checkpoint(imported.checkpoint(0)))
            #expect(try nano.run(until: 1).step == 1)
            if !isKept { try FileManager.default.removeItem(atPath: imported.checkpoint(0)) }
            let next = try NanoTrainer(imported, Self.poisoned(.rollBack))
            try next.trainer.resume(from: Checkpoint(imported.checkpoint(1)))
            let problem = diagnostic { () throws(Diagnostic) in _ = try next.run(until: 3) }
            #expect(problem?.code == (isKept ? nil : "train.roll-back"))
            if !isKept { #expect(problem?.location?.file == imported.checkpoint(0)) }
        }

        // A later target that has been removed.
        let later = try folder.run("later")
        let nano = try NanoTrainer(later) {
            Self.eager(.rollBack)(&$0)
            $0.checkpoint.everySteps = 1
        }
        nano.trainer.initialize()
        let problem = diagnostic { () throws(Diagnostic) in
            _ = try nano.trainer.run(until: 14) { (event) throws(Diagnostic) in
                if case .checkpoint(let saved) = event { later.files.remove(saved.folder) }
            }
        }
        #expect(problem?.code == "train.roll-back" && problem?.message.contains("whose checkpoint is missing") == true)
    }

    @Test("without a guard, or where nothing helps, the run ends with the reason and its last checkpoint whole")
    func stops() throws {
        for (number, (nonFinite, code, story)) in [
            (Recipe.GuardPolicy.NonFinite.stop, "train.non-finite", ["stop 2"]),
            (.skip, "train.guard", (2...9).map { "skip \($0)" } + ["stop 10"]),
        ].enumerated() {
            let nano = try NanoTrainer(folder.run("\(number)")) {
                Self.poisoned(nonFinite)(&$0)
                $0.optimizer.trainSamples = 320
            }
            nano.trainer.initialize()
            let failure = diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 20) }
            #expect(failure?.code == code && failure?.exitStatus == 1)
            #expect(nano.story.filter { $0.hasPrefix("skip") || $0.hasPrefix("stop") } == story)
        }
        let again = try NanoTrainer(run) {
            Self.eager(.rollBack)(&$0)
            $0.guardPolicy.rollBackMost = 1
        }
        again.trainer.initialize()
        #expect(diagnostic { () throws(Diagnostic) in _ = try again.run(until: 14) }?.code == "train.guard")
        #expect(decisions(of: again).map(\.action) == [.rollBack, .stop])
        let spike = try NanoTrainer(folder.run("spike"), Self.eager(.stop))
        spike.trainer.initialize()
        #expect(diagnostic { () throws(Diagnostic) in _ = try spike.run(until: 14) }?.code == "train.spike")
        for saved in [run, try folder.run("spike")] {
            let step = try #require(saved.checkpointSteps().last)
            #expect(diagnostic { () throws(Diagnostic) in _ = try Checkpoint(saved.checkpoint(step)) } == nil)
        }
    }

    @Test("a guard that never acts computes what a run without one does")
    func silent() throws {
        let plain = try NanoTrainer(run)
        let watched = try NanoTrainer(folder.run("watched")) {
            $0.guardPolicy = .init(nonFinite: .skip, spike: .skip, spikeWindow: 2, spikeFactor: 100)
        }
        for nano in [plain, watched] {
            nano.trainer.initialize()
            _ = try nano.run(until: 5)
        }
        let fingerprints = [plain, watched].map { nano in
            nano.events.compactMap { if case .step(let record) = $0 { record.fingerprint } else { nil } }
        }
        #expect(fingerprints[0] == fingerprints[1] && fingerprints[0].count == 5)
        #expect(try Checkpoint(run.checkpoint(5)).index.guardHistory == nil)
        #expect(try Checkpoint(folder.run("watched").checkpoint(5)).index.guardHistory?.updates == 5)
    }

    @Test("what the guard remembers is under the state's digest")
    func damagedHistory() throws {
        let nano = try NanoTrainer(run, Self.eager(.skip))
        nano.trainer.initialize()
        let end = try nano.run(until: 14)
        let whole = try CheckpointIndex.read(run.checkpoint(14))
        #expect(whole.stateDigest == end.digest.description)
        for change: (inout GuardHistory) -> Void in [
            { $0.updates += 1 }, { $0.losses.removeLast() }, { $0.losses[0] = ExactNumber($0.losses[0].value.nextUp) },
            { $0.decisions.removeLast() }, { $0.decisions[0].endSample += 1 }, { $0.decisions[0].action = .rollBack },
            { $0 = GuardHistory(updates: 14) },
        ] {
            var index = whole
            if var history = index.guardHistory {
                change(&history)
                index.guardHistory = history
            }
            try Data(index.encoded()).write(to: URL(filePath: run.checkpoint(14) + "/index.json"))
            let again = try NanoTrainer(run, Self.eager(.skip))
            let found = diagnostic { () throws(Diagnostic) in
                try again.trainer.resume(from: Checkpoint(run.checkpoint(14)))
            }
            #expect(found?.code == "checkpoint.digest")
        }
    }

    @Test("keep_last leaves the checkpoint to which the run may have to go back")
    func keepsTheTarget() throws {
        func policy(_ recipe: inout Recipe) {
            Self.eager(.rollBack)(&recipe)
            recipe.guardPolicy.spikeFactor = 100
            recipe.checkpoint.keepLast = 1
        }
        try NanoTrainer.start(run, until: 4, policy)
        #expect(run.checkpointSteps() == [3, 4])
        let nano = try NanoTrainer(run, policy)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(4)))
        _ = try nano.run(until: 9)
        #expect(run.checkpointSteps() == [9])
    }

    @Test("another interval of checkpoints is another run only where it may roll back")
    func resultDigest() throws {
        func digest(_ spike: Recipe.GuardPolicy.Spike, _ every: Int) throws -> String {
            var recipe = try TestData.recipe("nano")
            recipe.guardPolicy.spike = spike
            recipe.checkpoint.everySteps = every
            return recipe.resultDigest.description
        }
        #expect(try digest(.rollBack, 3) != digest(.rollBack, 4))
        #expect(try digest(.skip, 3) == digest(.skip, 4))
        #expect(try digest(.skip, 3) != digest(.off, 3))
        #expect(try digest(.off, 3) == TestData.recipe("nano").resultDigest.description)
    }

    @Test("the limit is the factor times the median of a full window")
    func median() {
        var history = GuardHistory(updates: 0)
        let policy = Recipe.GuardPolicy(spike: .skip, spikeWindow: 4, spikeFactor: 1.5)
        for loss in [9.0, 4, 1, 3] {
            #expect(history.largestLoss(policy) == nil)
            history.append(loss: loss, policy)
        }
        #expect(history.largestLoss(policy) == 1.5 * 3.5)
        history.append(loss: 2, policy)
        #expect(history.losses.map(\.value) == [4, 1, 3, 2])
        #expect(history.largestLoss(policy) == 1.5 * 2.5)
        #expect(history.updates == 5)
        #expect(GuardHistory.median([5, 1, 2]) == 2)
        #expect(history.largestLoss(Recipe.GuardPolicy()) == nil)
    }
}
