import Diagnostics
import Foundation
import Testing

@testable import Training

/// A disk that fills up while a checkpoint is written. Needs the right to mount a small file system in memory.
@Suite("A full disk")
struct FullDiskTests {
    @Test(
        "leaves the previous checkpoint whole and nothing of the new one",
        .enabled(if: SmallDisk.isPossible, "this user may not mount a tmpfs"), arguments: [true, false])
    func whileSaving(asynchronous: Bool) throws {
        // A checkpoint of nano takes 2.7 MB: one fits, two don't.
        let disk = try SmallDisk(megabytes: 4)
        let run = RunFolder(disk.path + "/run")
        try run.create()
        let nano = try NanoTrainer(run) {
            $0.checkpoint.everySteps = 1
            $0.checkpoint.asynchronous = asynchronous
        }
        nano.trainer.initialize()
        let failure = try #require(diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 5) })
        #expect(failure.code == "file.no-space")
        #expect(failure.exitStatus == 1)
        #expect(failure.location?.file?.contains("step-00000002") == true)
        #expect(nano.story.filter { $0.hasPrefix("checkpoint") } == ["checkpoint 1"])
        if !asynchronous { #expect(nano.story == ["step 1", "checkpoint 1", "step 2"]) }
        #expect(names(in: run.checkpoints) == ["step-00000001"])
        let again = try NanoTrainer(run)
        try again.trainer.resume(from: Checkpoint(run.checkpoint(1)))
        #expect(again.trainer.step == 1)
    }

    @Test(
        "that has no room for an index leaves nothing either",
        .enabled(if: SmallDisk.isPossible, "this user may not mount a tmpfs"))
    func atTheIndex() throws {
        let folder = try TemporaryFolder()
        try NanoTrainer.start(try folder.run(), until: 1)
        let disk = try SmallDisk(megabytes: 4)
        let run = RunFolder(disk.path + "/run")
        try run.create()
        // Room for the tensors but not for the index.
        let tensors = try Data(
            contentsOf: URL(filePath: folder["run"] + "/checkpoints/step-00000001/rank-00000.safetensors"))
        try Data(count: (4 << 20) - tensors.count - 3 * 4096 - 20_000).write(to: URL(filePath: disk.path + "/filler"))
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let failure = try #require(diagnostic { () throws(Diagnostic) in _ = try nano.run(until: 1) })
        #expect(failure.code == "file.no-space")
        #expect(failure.location?.file?.hasSuffix("index.json") == true)
        #expect(names(in: run.checkpoints) == [])
    }
}

/// A file system in memory with a fixed size, gone with this value.
private final class SmallDisk {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init(megabytes: Int) throws {
        folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    deinit { umount2(folder.path, Int32(MNT_DETACH)) }

    static let isPossible = (try? SmallDisk(megabytes: 1)) != nil
}
