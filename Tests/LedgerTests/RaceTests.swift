import Foundation
import Testing

@testable import Ledger

@Suite struct RaceTests {
    /// Runs `body` on `count` threads at once, each with a ledger of its own, and returns the errors.
    private func race(
        _ count: Int, _ folder: String, _ body: @escaping @Sendable (Int, Ledger) throws -> Void
    ) -> [String] {
        let errors = Errors()
        DispatchQueue.concurrentPerform(iterations: count) { writer in
            do {
                guard let ledger = try Ledger.open(enclosing: folder) else { return errors.add("no repository") }
                try body(writer, ledger)
            } catch {
                errors.add("\(error)")
            }
        }
        return errors.all
    }

    private final class Errors: @unchecked Sendable {
        private let lock = NSLock()
        private var texts = [String]()
        func add(_ text: String) { lock.withLock { texts.append(text) } }
        var all: [String] { lock.withLock { texts } }
    }

    @Test func losesNoEvent() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        let each = 500
        let errors = race(2, fixture.root + "/repo") { writer, ledger in
            for number in 0..<each {
                let file = RecordFile(path: "notes/\(writer)/\(number % 10).txt", text: "\(number)\n")
                _ = try ledger.append(
                    RunEvent(.incident, message: "\(writer) \(number)", files: [file]), to: run, at: start)
            }
        }
        #expect(errors.isEmpty)
        let record = try ledger.read(run)
        #expect(record.events.count == 1 + 2 * each)
        for writer in 0..<2 {
            let own = record.events.map(\.message).filter { $0.hasPrefix("\(writer) ") }
            #expect(own == (0..<each).map { "\(writer) \($0)" })
            #expect(record.files.filter { $0.path.hasPrefix("notes/\(writer)/") }.count == 10)
        }
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
        try fixture.git("gc", "-q", "--prune=now")
        #expect(try ledger.read(run).events == record.events)
    }

    @Test func givesEveryRunItsOwnID() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let errors = race(2, fixture.root + "/repo") { _, ledger in
            for _ in 0..<10 { _ = try ledger.begin(nanoManifest(suffix: 0), at: start) }
        }
        #expect(errors.isEmpty)
        let ledger = try fixture.ledger()
        let runs = try ledger.runs()
        let suffixes = (0..<20).map { (number: Int) -> String in String(format: "%04x", number) }
        #expect(runs.map { String($0.run.text.suffix(4)) } == suffixes)
        for run in runs { #expect(try ledger.read(run.run).events.count == 1) }
    }

    /// Two runs that start in the same second with the same drawn suffix, a thousand times over, and go on side by side.
    @Test func keepsTwoRunsApart() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let rounds = 1000
        let errors = race(2, fixture.root + "/repo") { writer, ledger in
            for round in 0..<rounds {
                // Every other suffix, so that the second of two has the next one to itself.
                let suffix = UInt16(2 * round)
                let run = try ledger.begin(nanoManifest(suffix: suffix), snapshot: .none, at: start).run
                _ = try ledger.append(RunEvent(.end, message: "\(writer)"), to: run, at: start)
            }
        }
        #expect(errors.isEmpty, "\(errors)")
        let ledger = try fixture.ledger()
        let runs = try ledger.runs()
        #expect(runs.count == 2 * rounds)
        var ends = [0, 0]
        for run in runs {
            #expect(run.state == .finished)
            let events = try ledger.read(run.run).events
            #expect(events.count == 2)
            if let writer = Int(events[1].message) { ends[writer] += 1 }
        }
        #expect(ends == [rounds, rounds])
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
    }

    @Test func standsReferencePackingMeanwhile() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let run = try fixture.ledger().begin(nanoManifest(), at: start).run
        let errors = race(2, fixture.root + "/repo") { writer, ledger in
            for number in 0..<15 {
                if writer == 0 {
                    try fixture.git("pack-refs", "--all", "--prune")
                } else {
                    _ = try ledger.append(RunEvent(.incident, message: "\(number)"), to: run, at: start)
                }
            }
        }
        #expect(errors.isEmpty)
        #expect(try fixture.ledger().read(run).events.map(\.message) == ["start"] + (0..<15).map(String.init))
    }
}
