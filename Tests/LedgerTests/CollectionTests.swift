import Foundation
import Testing

@testable import Ledger

/// Git's own cleaning, at work while records are written.
@Suite struct CollectionTests {
    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var value = false
        var isSet: Bool { lock.withLock { value } }
        func set() { lock.withLock { value = true } }
    }

    /// `git gc --prune=now` deletes objects that no reference led to when it looked.
    @Test func losesNothingOfARunThatIsWrittenMeanwhile() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let isOver = Flag()
        let folder = fixture.root + "/repo"
        let collector = Thread {
            while !isOver.isSet {
                // One that meets the moment between a loss and its repair says so and stops.
                _ = try? WriterProcess.run("git gc -q --prune=now; git pack-refs --all --prune", in: folder)
            }
        }
        collector.start()
        defer { isOver.set() }
        let ledger = try fixture.ledger()
        var runs = [RunID]()
        for number in 0..<4 {
            try fixture.write("changed \(number)\n", to: "repo/a.txt")
            let run = try ledger.begin(nanoManifest(suffix: UInt16(number)), at: start).run
            runs.append(run)
            for step in 1...25 {
                let file = RecordFile.metrics(steps: step...step, lines: ["{\"step\":\(step)}"])
                _ = try ledger.append(RunEvent(.segment, step: step, files: [file]), to: run, at: start)
            }
            _ = try ledger.append(RunEvent(.end, step: 25), to: run, at: start)
        }
        isOver.set()
        while !collector.isFinished { usleep(10_000) }
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
        for (number, run) in runs.enumerated() {
            let again = try fixture.ledger()
            #expect(try again.read(run).events.count == 27)
            #expect(try again.metrics(run) == (1...25).map { "{\"step\":\($0)}" })
            #expect(try again.file(run, "code/a.txt") == Array("changed \(number)\n".utf8))
        }
    }

    /// What a collector took after the reference had moved is written again with the next event.
    @Test func whatWasTakenComesBack() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        // A collector seems to be at work for as long as this process lives.
        try fixture.write("\(getpid()) \(ProcessInfo.processInfo.hostName)\n", to: "repo/.git/gc.pid")
        #expect(ledger.isBeingCollected)
        let file = RecordFile.metrics(steps: 1...1, lines: ["{\"step\":1}"])
        let commit = try ledger.append(RunEvent(.segment, step: 1, files: [file]), to: run, at: start).commit
        let blob = try fixture.git("rev-parse", "\(commit):metrics/000000/000001-000001.jsonl")
        for object in [commit, blob] {
            try fixture.remove("repo/.git/objects/\(object.prefix(2))/\(object.dropFirst(2))")
        }
        _ = try fixture.git("cat-file", "-e", commit, status: 1)
        try fixture.remove("repo/.git/gc.pid")
        _ = try ledger.append(RunEvent(.end, step: 1), to: run, at: start)
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
        #expect(try fixture.ledger().metrics(run) == ["{\"step\":1}"])
    }

    @Test(arguments: ["1 elsewhere", "999999999 HERE", "", "x", "1"])
    func onlyALivingCollectorCounts(text: String) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let here = text.replacing("HERE", with: ProcessInfo.processInfo.hostName)
        try fixture.write(here + "\n", to: "repo/.git/gc.pid")
        #expect(try fixture.ledger().isBeingCollected == (text == "1 elsewhere"))
    }
}
