import Foundation
import Testing

@testable import Ledger

/// A writer that is killed loses nothing that a call of it had returned from, and stands in nobody's way.
@Suite struct KillTests {
    /// The calls that change files, and those that only may.
    private static let traced = """
        openat,mkdir,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,write,pwrite64,fsync,fdatasync,chmod,\
        fchmod,ftruncate,utimensat,symlink
        """

    /// One system call of a writer: its name and which of that name it is, counted from 1.
    private struct Call: Sendable {
        var name: String
        var number: Int
    }

    /// The calls with which the writer begins a run and adds an event, in order.
    private func calls(_ fixture: GitFixture) throws -> [Call] {
        let outcome = try WriterProcess.run(
            "strace -f -qq -o ../log -e trace=\(Self.traced) \"$WRITER\" . 1", in: fixture.root + "/repo")
        try #require(outcome.status == 0 && outcome.events == 1, "\(outcome)")
        var counts = [String: Int]()
        var calls = [Call]()
        let log = try String(contentsOfFile: fixture.root + "/log", encoding: .utf8)
        for line in log.split(separator: "\n") {
            let call = line.drop { $0.isNumber || $0 == " " }
            guard let name = call.split(separator: "(").first.map(String.init), call.contains("(") else { continue }
            counts[name, default: 0] += 1
            if name != "openat" || call.contains("O_CREAT") {
                calls.append(Call(name: name, number: counts[name] ?? 0))
            }
        }
        return calls
    }

    @Test(.enabled(if: WriterProcess.canTrace, "needs strace and the right to trace"))
    func betweenAnyTwoSystemCalls() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        _ = try WriterProcess.run("cp -r repo untouched", in: fixture.root)
        let calls = try calls(fixture)
        try #require(calls.count > 60, "begin and append write at least nine objects and two references")
        var killed = 0
        for call in calls {
            // A fresh copy, so that folders of objects have to be made again.
            let outcome = try WriterProcess.run(
                """
                rm -rf ../repo && cp -r ../untouched ../repo && cd ../repo
                exec strace -f -qq -o /dev/null -e trace=\(Self.traced) \
                -e inject=\(call.name):signal=KILL:when=\(call.number) "$WRITER" . 1
                """, in: fixture.root + "/untouched")
            if outcome.wasKilled { killed += 1 }
            try check(fixture, outcome, "killed at \(call.name) \(call.number)")
        }
        // Which objects share a folder differs from run to run, so a few come to their end.
        #expect(killed > calls.count * 9 / 10, "\(killed) of \(calls.count)")
    }

    /// Repository, record and locks after a writer is gone; then the next writer's turn.
    private func check(_ fixture: GitFixture, _ outcome: WriterProcess.Outcome, _ when: String) throws {
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty, "\(when)")
        let ledger = try fixture.ledger()
        ledger.staleLockSeconds = 0.01
        for summary in try ledger.runs() where summary.state != .finished {
            #expect(summary.state == .running, "\(when): \(summary)")
            let events = try ledger.read(summary.run).events
            if summary.run == outcome.run { #expect(events.count >= 1 + outcome.events, "\(when): \(events)") }
            _ = try ledger.append(RunEvent(.end), to: summary.run, at: Date())
            #expect(try ledger.read(summary.run).events.count == events.count + 1, "\(when)")
        }
        if let run = outcome.run { #expect(try ledger.runIDs().contains(run), "\(when)") }
        #expect(try fixture.git("status", "--porcelain").isEmpty, "\(when)")
        try fixture.git("gc", "-q", "--prune=now")
        #expect(try ledger.runs().allSatisfy { $0.state == .finished }, "\(when)")
        let folder = fixture.root + "/repo/.git/refs/serre/runs"
        let locks = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".lock") && !$0.hasPrefix(".") }
        // A lock without a reference is in nobody's way: its run was never begun, and its id is not drawn again.
        #expect(locks.allSatisfy { lock in !outcome.hasRun(named: lock.dropLast(5)) }, "\(when): \(locks)")
    }

    /// Many writers at once, each killed at some moment, on one run and beside a survivor.
    @Test func atAnyMomentBesideAnotherWriter() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        ledger.staleLockSeconds = 0.3
        let run = try ledger.begin(nanoManifest(), at: start).run
        var acknowledged = 1
        for round in 0..<12 {
            let milliseconds = 15 + 13 * round
            let outcome = try WriterProcess.run(
                """
                "$WRITER" . 100000 \(run) & victim=$!
                sleep \(Double(milliseconds) / 1000)
                kill -9 $victim
                wait $victim
                """, in: fixture.root + "/repo")
            acknowledged += outcome.events
            _ = try ledger.append(RunEvent(.incident, message: "survivor \(round)"), to: run, at: Date())
            acknowledged += 1
        }
        let events = try ledger.read(run).events
        // At most the one event of each victim whose call had not returned yet comes on top.
        #expect((acknowledged...acknowledged + 12).contains(events.count), "\(events.count), \(acknowledged)")
        #expect(events.filter { $0.message.hasPrefix("survivor") }.count == 12)
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
    }
}

extension WriterProcess.Outcome {
    fileprivate func hasRun(named name: some StringProtocol) -> Bool { run?.text == String(name) }
}
