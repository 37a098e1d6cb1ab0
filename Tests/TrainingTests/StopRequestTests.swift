import Diagnostics
import Fabrics
import Foundation
import Testing

@testable import Training

/// Signals belong to the whole process, so these tests run one after another.
@Suite("Stop requests", .serialized)
struct StopRequestTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
    }

    private func touchStopFile() throws { try Data().write(to: URL(filePath: run.stopFile)) }

    @Test("a stop file ends the run after the step at hand, with a checkpoint, and the run can go on")
    func stopFile() throws {
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let stop = StopRequest(stopFile: run.stopFile)
        let end = try nano.trainer.run(until: 5, stop: stop) { (event) throws(Diagnostic) in
            if case .step(let record) = event, record.step == 2 {
                _ = FileManager.default.createFile(atPath: run.stopFile, contents: nil)
            }
        }
        #expect(end.step == 2)
        #expect(end.stopped == .stopFile)
        #expect(run.checkpointSteps() == [2])
        // The file has had its effect.
        #expect(!FileManager.default.fileExists(atPath: run.stopFile))
        let rest = try NanoTrainer(run)
        try rest.trainer.resume(from: Checkpoint(run.checkpoint(2)))
        let finished = try rest.run(until: 4, stop: stop)
        #expect(finished.step == 4)
        #expect(finished.stopped == nil)
        let straight = try NanoTrainer.start(folder.run("straight"), until: 4)
        #expect(finished.digest == straight.digest)
    }

    @Test("a kill-switch ends the run after the step at hand, is left there, and comes before other requests")
    func killSwitch() throws {
        let file = folder["anywhere"]
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let stop = StopRequest(stopFile: run.stopFile, killSwitch: file)
        let end = try nano.trainer.run(until: 5, stop: stop) { (event) throws(Diagnostic) in
            if case .step(let record) = event, record.step == 2 {
                _ = FileManager.default.createFile(atPath: file, contents: nil)
            }
        }
        #expect(end.step == 2 && end.stopped == .killSwitch && run.checkpointSteps() == [2])
        try touchStopFile()
        #expect(try stop.agreed(over: LocalFabric(ranks: 1)) == .killSwitch)
        #expect(FileManager.default.fileExists(atPath: file))
        // Once it is gone the run may go on.
        try FileManager.default.removeItem(atPath: file)
        #expect(try stop.agreed(over: LocalFabric(ranks: 1)) == nil)
    }

    @Test("a request at the last step changes nothing: the run is complete")
    func atTheEnd() throws {
        try touchStopFile()
        let nano = try NanoTrainer(run)
        nano.trainer.initialize()
        let end = try nano.run(until: 1, stop: StopRequest(stopFile: run.stopFile))
        #expect(end.stopped == nil)
        #expect(nano.story == ["step 1", "checkpoint 1", "evaluation 1"])
    }

    @Test("without a request nothing stops")
    func none() throws {
        let stop = StopRequest(stopFile: run.stopFile)
        #expect(try stop.agreed(over: LocalFabric(ranks: 1)) == nil)
        #expect(try StopRequest(stopFile: nil).agreed(over: LocalFabric(ranks: 1)) == nil)
    }

    @Test("SIGINT, SIGTERM and SIGUSR1 ask for a stop", arguments: [SIGINT, SIGTERM, SIGUSR1])
    func signals(number: Int32) async throws {
        let stop = StopRequest(stopFile: nil)
        let fabric = try LocalFabric(ranks: 1)
        kill(getpid(), number)
        // The signal is heard on another thread.
        for _ in 0..<500 {
            if try stop.agreed(over: fabric) != nil { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try stop.agreed(over: fabric) == .signal)
    }
}
