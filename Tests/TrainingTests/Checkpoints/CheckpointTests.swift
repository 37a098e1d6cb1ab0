import Diagnostics
import Foundation
import Numerics
import Recipes
import Testing

@testable import Training

@Suite("Checkpoints")
struct CheckpointTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
    }

    @Test(
        "what was saved comes back, bit for bit, on any layout",
        arguments: [Layout(microBatch: 16, zero: 0), Layout(tensor: 2, pipeline: 2, data: 4, microBatch: 1)])
    func roundTrip(layout: Layout) throws {
        let saved = try NanoTrainer(run, layout: layout)
        saved.trainer.initialize()
        let end = try saved.run(until: 2)
        #expect(end.checkpoint == run.checkpoint(2))
        let checkpoint = try Checkpoint(run.checkpoint(2))
        #expect(checkpoint.index.step == 2)
        #expect(checkpoint.index.samples == 32)
        #expect(checkpoint.index.stateDigest == end.digest.description)
        for other in [
            Layout(microBatch: 4), Layout(tensor: 4, data: 2, microBatch: 2), Layout(pipeline: 4, microBatch: 2),
        ] {
            let loaded = try NanoTrainer(run, layout: other)
            try loaded.trainer.resume(from: checkpoint)
            #expect(loaded.trainer.step == 2)
            for tensor in StateTensor.allCases {
                let (found, expected) = (
                    loaded.trainer.executor.wholeTensors(tensor), saved.trainer.executor.wholeTensors(tensor)
                )
                #expect(found == expected, "\(tensor) on \(other)")
            }
        }
    }

    @Test("the same state writes the same bytes")
    func deterministic() throws {
        let other = try folder.run("other")
        for place in [run, other] { try NanoTrainer.start(place, until: 1, layout: Layout(data: 2, microBatch: 2)) }
        let files = names(in: run.checkpoint(1))
        #expect(files == ["index.json", "rank-00000.safetensors", "rank-00001.safetensors"])
        for file in files {
            let (one, same) = (run.checkpoint(1) + "/" + file, other.checkpoint(1) + "/" + file)
            #expect(FileManager.default.contentsEqual(atPath: one, andPath: same), "\(file)")
        }
    }

    @Test("only the newest are kept")
    func keepLast() throws {
        try NanoTrainer.start(run, until: 5) {
            $0.checkpoint.everySteps = 1
            $0.checkpoint.keepLast = 2
        }
        #expect(names(in: run.checkpoints) == ["step-00000004", "step-00000005"])
        #expect(run.checkpointSteps() == [4, 5])
    }

    @Test("a run resumed from an early checkpoint keeps the one it writes, though later ones lie there")
    func keepLastAfterGoingBack() throws {
        try NanoTrainer.start(run, until: 4) {
            $0.checkpoint.everySteps = 1
            $0.checkpoint.keepLast = 3
        }
        #expect(run.checkpointSteps() == [2, 3, 4])
        let back = try NanoTrainer(run) { $0.checkpoint.keepLast = 1 }
        try back.trainer.resume(from: Checkpoint(run.checkpoint(2)))
        let end = try back.run(until: 3)
        #expect(end.checkpoint == run.checkpoint(3))
        #expect(run.checkpointSteps() == [3, 4])
        #expect(try Checkpoint(run.checkpoint(3)).index.stateDigest == end.digest.description)
    }

    @Test("a partial folder that a dead run left is ignored, and replaced by the next save of that step")
    func partialFolder() throws {
        try NanoTrainer.start(run, until: 1)
        let partial = run.checkpoint(2) + ".partial"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        try Data("half a file".utf8).write(to: URL(filePath: partial + "/rank-00007.safetensors"))
        try FileManager.default.copyItem(atPath: run.checkpoint(1) + "/index.json", toPath: partial + "/index.json")
        #expect(run.checkpointSteps() == [1])
        let nano = try NanoTrainer(run)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        _ = try nano.run(until: 2)
        #expect(names(in: run.checkpoints) == ["step-00000001", "step-00000002"])
        #expect(names(in: run.checkpoint(2)) == ["index.json", "rank-00000.safetensors"])
    }

    @Test("when another host cannot save, this one throws, and nothing is left of the attempt")
    func otherHostFails() throws {
        try NanoTrainer.start(run, until: 1)
        let fabric = try TwoHostFabric()
        let nano = try NanoTrainer(run, fabric: fabric)
        try nano.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        fabric.otherHostFails = true
        #expect(diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 2) }?.code == "checkpoint.other-host")
        #expect(names(in: run.checkpoints) == ["step-00000001"])
    }
}

@Suite("Run folders")
struct RunFolderTests {
    @Test("a checkpoint's folder has its step in eight digits, or as many as it takes")
    func folderNames() {
        let run = RunFolder("/runs/a")
        #expect(run.checkpoint(7) == "/runs/a/checkpoints/step-00000007")
        #expect(run.checkpoint(123_456_789) == "/runs/a/checkpoints/step-123456789")
        #expect(run.name == "a")
    }

    @Test("only folders with an index are checkpoints, only folders with a checkpoint are runs to resume")
    func listing() throws {
        let folder = try TemporaryFolder()
        let (first, second, empty) = try (folder.run("runs/1"), folder.run("runs/2"), folder.run("runs/3"))
        for (run, step) in [(first, 10), (first, 9), (second, 1)] {
            try FileManager.default.createDirectory(atPath: run.checkpoint(step), withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: run.checkpoint(step) + "/index.json"))
        }
        try FileManager.default.createDirectory(atPath: empty.checkpoint(4), withIntermediateDirectories: true)
        #expect(first.checkpointSteps() == [9, 10])
        #expect(empty.checkpointSteps() == [])
        #expect(RunFolder.runs(under: folder["runs"]) == [first, second])
        #expect(RunFolder.runs(under: folder["nowhere"]) == [])
    }

    @Test("one writer at a time")
    func lock() throws {
        let folder = try TemporaryFolder()
        let run = try folder.run()
        var held: RunLock? = try RunLock(run)
        #expect(diagnostic { () throws(Diagnostic) in _ = try RunLock(run) }?.code == "run.locked")
        _ = held
        held = nil
        #expect(diagnostic { () throws(Diagnostic) in _ = try RunLock(run) } == nil)
        let missing = RunFolder(folder["missing"])
        #expect(diagnostic { () throws(Diagnostic) in _ = try RunLock(missing) }?.code == "run.lock")
    }

    @Test("a folder that cannot be made is named, with the reason")
    func unmakable() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(filePath: folder["file"]))
        let found = try #require(diagnostic { () throws(Diagnostic) in try RunFolder(folder["file/run"]).create() })
        #expect(found.code == "run.folder")
        #expect(found.exitStatus == 2)
        #expect(found.location?.file == folder["file/run"])
    }
}
