import Foundation
import Testing

@testable import Launching

@Suite("Notes of jobs, and what Slurm says of them") struct JobNoteTests {
    @Test("A job that failed and starts again")
    func failed() throws {
        let text = """
            100 begin n[1-3] 19 1
            101 started 1 on n1
            116 failed 1 rank 2 on n3 status 137
            116 failed 1 rank 0 on n1 status 143
            120 avoid n3 nothing can be started on it
            121 again 137
            122 note Slurm ends the job
            """
        let note = try #require(JobNote(name: "20.0", text: text))
        #expect(note.job == 20 && note.restart == 0 && note.began == 100 && note.nodes == "n[1-3]")
        #expect(note.array?.job == 19 && note.array?.task == 1 && note.started == 101)
        #expect(note.firstFailure == "rank 2 on n3 status 137" && note.ended == 121 && note.outcome == "again 137")
    }

    @Test("A job that was cut off has no end; one outside of an array has no array")
    func cutOff() throws {
        let note = try #require(JobNote(name: "7.2", text: "5 begin n1 7 -\n6 started 1 on n1\n7 fai"))
        #expect(note.array == nil && note.restart == 2 && note.ended == nil && note.outcome == nil)
        #expect(note.firstFailure == nil)
    }

    @Test("Other files are no notes", arguments: ["20", "20.x", "x.1", ".partial", "1.2.3"])
    func others(name: String) { #expect(JobNote(name: name, text: "1 begin n1 1 -") == nil) }

    @Test("Energy is unknown where any start of a job has none, and never 0")
    func energy() {
        let accounts = JobStates.accounts(
            """
            1|COMPLETED|0:0|3600000
            2|NODE_FAIL|0:0|1000
            2|COMPLETED|0:0|2000
            3|NODE_FAIL|0:0|
            3|COMPLETED|0:0|2000
            4|CANCELLED by 0|0:15|0
            5|RUNNING|0:0|
            not a line
            """)
        #expect(accounts.count == 5)
        #expect(accounts[1]?.joules == 3_600_000 && accounts[2]?.joules == 3000 && accounts[2]?.state == "COMPLETED")
        #expect(accounts[3]?.joules == nil && accounts[4]?.joules == nil && accounts[5]?.joules == nil)
        #expect(accounts[4]?.state == "CANCELLED" && accounts[4]?.exitCode == "0:15")
    }

    @Test("A folder's notes come in the order of jobs and restarts, and its list of nodes without repetition")
    func folder() throws {
        let path = NSTemporaryDirectory() + "serre-launch-\(UUID().uuidString)"
        let folder = LaunchFolder(path + "/nano")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(!folder.isThere && folder.notes().isEmpty && folder.nodesToAvoid().isEmpty)
        try FileManager.default.createDirectory(atPath: folder.jobs, withIntermediateDirectories: true)
        for name in ["10.0", "9.1", "9.0", "notes.txt"] {
            try Data("1 begin n1 9 -\n".utf8).write(to: URL(fileURLWithPath: folder.jobs + "/" + name))
        }
        try Data("n3 2026-01-01 job 9: silent\nn1 x\nn3 again\n\n".utf8)
            .write(to: URL(fileURLWithPath: folder.excludedNodes))
        #expect(folder.isThere && folder.nodesToAvoid() == ["n3", "n1"])
        #expect(folder.notes().map { "\($0.job).\($0.restart)" } == ["9.0", "9.1", "10.0"])
        #expect(LaunchFolder.all(under: path) == [folder])
    }
}
