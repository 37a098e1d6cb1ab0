import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Training

/// Saving while training goes on writes what saving at a standstill does.
@Suite("Background saving")
struct BackgroundSaveTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
    }

    private func everyStep(_ asynchronous: Bool) -> (inout Recipe) -> Void {
        { recipe in
            recipe.checkpoint.everySteps = 1
            recipe.checkpoint.keepLast = 10
            recipe.checkpoint.asynchronous = asynchronous
        }
    }

    @Test(
        "leaves the same files, byte for byte, though the next steps change the state meanwhile",
        arguments: [Layout(microBatch: 16), Layout(tensor: 2, data: 2, microBatch: 4)])
    func sameBytes(layout: Layout) throws {
        let other = try folder.run("standstill")
        let end = try NanoTrainer.start(run, until: 6, layout: layout, everyStep(true))
        #expect(try NanoTrainer.start(other, until: 6, layout: layout, everyStep(false)).digest == end.digest)
        #expect(run.checkpointSteps() == Array(1...6))
        #expect(names(in: run.checkpoints).count == 6)
        for step in 1...6 {
            let files = names(in: run.checkpoint(step))
            #expect(files == names(in: other.checkpoint(step)))
            for file in files {
                let (one, same) = (run.checkpoint(step) + "/" + file, other.checkpoint(step) + "/" + file)
                #expect(FileManager.default.contentsEqual(atPath: one, andPath: same), "\(step) \(file)")
            }
        }
    }

    @Test("each checkpoint is told once, in order, after its step, and the last before the run ends")
    func events() throws {
        let nano = try NanoTrainer(run, everyStep(true))
        nano.trainer.initialize()
        _ = try nano.run(until: 5)
        let told = nano.events.compactMap { if case .checkpoint(let saved) = $0 { saved } else { nil } }
        #expect(told.map(\.step) == [1, 2, 3, 4, 5])
        for saved in told {
            #expect(saved.folder == run.checkpoint(saved.step))
            #expect(saved.blockedSeconds > 0 && saved.blockedSeconds <= saved.seconds)
            #expect(try Checkpoint(saved.folder).index.stateDigest == saved.digest.description)
            let (step, checkpoint) = (
                nano.story.firstIndex(of: "step \(saved.step)"), nano.story.firstIndex(of: "checkpoint \(saved.step)")
            )
            #expect(try #require(step) < #require(checkpoint))
        }
    }

    @Test("what another host could not write surfaces at a later step, and leaves the former checkpoint")
    func otherHostFails() throws {
        try NanoTrainer.start(run, until: 1)
        let fabric = try TwoHostFabric()
        let nano = try NanoTrainer(run, fabric: fabric) { $0.checkpoint.everySteps = 2 }
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        fabric.otherHostFails = true
        let failure = try #require(diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 10) })
        #expect(failure.code == "checkpoint.other-host")
        #expect(failure.description.contains("process 1"))
        #expect(nano.trainer.step > 2)
        #expect(names(in: run.checkpoints) == ["step-00000001"])
    }

    @Test("a run that fails for another reason completes what it was saving")
    func observerFails() throws {
        let nano = try NanoTrainer(run, everyStep(true))
        nano.trainer.initialize()
        let failure = diagnostic { () throws(Diagnostic) in
            _ = try nano.trainer.run(until: 5) { (event) throws(Diagnostic) in
                if case .step(let record) = event, record.step == 2 { throw Diagnostic("test.observer", "no") }
            }
        }
        #expect(failure?.code == "test.observer")
        #expect(names(in: run.checkpoints) == ["step-00000001"])
        #expect(diagnostic { () throws(Diagnostic) in _ = try Checkpoint(run.checkpoint(1)) } == nil)
    }

    @Test("parts that killed runs have left are removed by the next save")
    func leftovers() throws {
        try NanoTrainer.start(run, until: 1)
        for name in ["step-00000007.1A2B.partial", "step-00000001.removed.partial"] {
            try FileManager.default.copyItem(atPath: run.checkpoint(1), toPath: run.checkpoints + "/" + name)
        }
        #expect(run.checkpointSteps() == [1])
        let nano = try NanoTrainer(run)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        _ = try nano.run(until: 2)
        #expect(names(in: run.checkpoints) == ["step-00000001", "step-00000002"])
    }

    @Test("a checkpoint that is saved again takes the place of the old one")
    func replaces() throws {
        try NanoTrainer.start(run, until: 2, everyStep(true))
        try Data("damage".utf8).write(to: URL(filePath: run.checkpoint(2) + "/rank-00000.safetensors"))
        let nano = try NanoTrainer(run, everyStep(true))
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        let end = try nano.run(until: 3)
        #expect(run.checkpointSteps() == [1, 2, 3])
        #expect(try Checkpoint(run.checkpoint(2)).index.step == 2)
        #expect(try Checkpoint(run.checkpoint(3)).index.stateDigest == end.digest.description)
    }
}
